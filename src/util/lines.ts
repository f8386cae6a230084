// Lines out of chunks of bytes, for protocols of a line a message. A line longer than the bound is an error: no peer is trusted with
// our memory.
import type { Socket } from 'node:net';
import { TskerError } from './errors.ts';

/**
 * Reads a peer that speaks in lines. One that sends a line that is too long, or that `onLine` calls `invalid`, is not of that protocol:
 * the connection is ended with the error.
 */
export function readLines(socket: Socket, onLine: (line: string) => void): void {
  const split = lineSplitter(onLine);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    try {
      split(chunk);
    } catch (error) {
      if (!(error instanceof TskerError) || error.code !== 'invalid') throw error;
      socket.destroy(error);
    }
  });
}

/** Calls `onLine` for every whole line; throws `invalid` when one exceeds `most` bytes. */
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
    if (size > most) throw new TskerError('invalid', `a line of more than ${most} bytes`);
  };
}
