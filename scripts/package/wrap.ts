// A bundle as the single file holds it: a function expression in ASCII.

/** esbuild leaves some characters as they are (those in regular expressions). */
export function wrapBundle(text: string): string {
  const ascii = text.replace(
    /[^\n -~\t]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `(function(exports,require,module){${ascii}\n})`;
}
