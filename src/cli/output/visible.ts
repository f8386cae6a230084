// Words of strangers for a terminal: a container's processes, files and links are named as its programs like. Pure.

const INVISIBLE = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** Characters that move the cursor, name the window or turn the direction of writing, as escapes that say which they are. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code}`;
  });
}
