// Many modules in scripts: each a function that runs when it is first required. V8 looks into such a function only then. But a
// script is read and copied whole, so what few commands need is a script of its own, which comes when one of them asks.

export interface Chunk {
  /** As others require it, without the `./`. */
  readonly name: string;
  /** CommonJS. */
  readonly text: string;
}

/**
 * A script that runs the chunk `entry`. For a chunk that it has not it asks `module.others()`; what no chunk is called
 * comes from Node.
 */
export function joinChunks(chunks: readonly Chunk[], entry: string): string {
  return [
    `const chunks=${objectOf(chunks)},loaded=new Map();let others;`,
    'function load(name){',
    'const known=loaded.get(name);if(known)return known.exports;',
    'const run=chunks[name]??(name.startsWith("./")?(others??=module.others())[name]:undefined);if(!run)return require(name);',
    'const chunk={exports:{}};loaded.set(name,chunk);run(chunk.exports,load,chunk);return chunk.exports}',
    `load(${JSON.stringify(`./${entry}`)});`,
  ].join('\n');
}

/** A script whose exports are the chunks, for `module.others()` of another. */
export function exportChunks(chunks: readonly Chunk[]): string {
  return `module.exports=${objectOf(chunks)};`;
}

function objectOf(chunks: readonly Chunk[]): string {
  const functions = chunks.map(
    ({ name, text }) => `${JSON.stringify(`./${name}`)}:function(exports,require,module){${text.trim()}\n}`,
  );
  return `{${functions.join(',\n')}}`;
}
