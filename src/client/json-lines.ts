// A stream of JSON objects, one a line (events, progress), cut into its lines whatever pieces it comes in. Pure.
import { StringDecoder } from 'node:string_decoder';
import { TskerError } from '../util/errors.ts';

/** A line is an event or a progress message: nothing honest comes near. */
const MAX_LINE = 1024 * 1024;

export interface JsonLineReader {
  /** The complete lines so far, without line ends; empty ones are left out. Throws `corrupt` for an endless line. */
  push(piece: Buffer): readonly string[];
  /** What stood after the last line end. */
  finish(): readonly string[];
}

export function createJsonLineReader(): JsonLineReader {
  const decoder = new StringDecoder('utf8');
  let pending = '';
  return {
    push(piece) {
      const lines = (pending + decoder.write(piece)).split('\n');
      pending = lines.pop() ?? '';
      if (pending.length > MAX_LINE) throw new TskerError('corrupt', 'a line of the daemon has no end');
      return lines.map((line) => line.trimEnd()).filter((line) => line !== '');
    },
    finish() {
      const last = (pending + decoder.end()).trim();
      pending = '';
      return last === '' ? [] : [last];
    },
  };
}
