// Lines out of chunks of bytes, for protocols of a line a message. A line longer than the bound is an error: no peer is trusted with
// our memory.

/** Calls `onLine` for every whole line; throws when one exceeds `most` bytes. */
export function lineSplitter(onLine: (line: string) => void, most = 4 * 1024 * 1024): (chunk: Buffer) => void {
  let rest: Buffer[] = [];
  let size = 0;
  return (chunk) => {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      const line = rest.length === 0 ? chunk.subarray(from, at) : Buffer.concat([...rest, chunk.subarray(from, at)]);
      rest = [];
      size = 0;
      from = at + 1;
      onLine(line.toString());
    }
    if (from === chunk.length) return;
    rest.push(chunk.subarray(from));
    size += chunk.length - from;
    if (size > most) throw new Error(`a line of more than ${most} bytes`);
  };
}
