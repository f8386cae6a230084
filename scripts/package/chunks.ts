// Many modules in one script: each a function that runs when it is first required. V8 looks into such a function only
// then, so the modules that a command does not need cost it nothing but their bytes.

export interface Chunk {
  /** As others require it, without the `./`. */
  readonly name: string;
  /** CommonJS. */
  readonly text: string;
}

/** A script that runs the chunk `entry`; what no chunk is called comes from Node. */
export function joinChunks(chunks: readonly Chunk[], entry: string): string {
  const functions = chunks.map(
    ({ name, text }) => `${JSON.stringify(`./${name}`)}:function(exports,require,module){${text.trim()}\n}`,
  );
  return [
    `const chunks={${functions.join(',\n')}},loaded=new Map();`,
    'function load(name){',
    'const known=loaded.get(name);if(known)return known.exports;',
    'const run=chunks[name];if(!run)return require(name);',
    'const module={exports:{}};loaded.set(name,module);run(module.exports,load,module);return module.exports}',
    `load(${JSON.stringify(`./${entry}`)});`,
  ].join('\n');
}
