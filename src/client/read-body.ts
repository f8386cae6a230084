// Bodies of answers that are read whole, bounded.
import type { Readable } from 'node:stream';
import { TskerError } from '../util/errors.ts';

/** A JSON answer is held in memory: lists and inspections are far below this. */
const MAX_JSON = 256 * 1024 * 1024;

/** Throws `corrupt` when it is no JSON; `what` names the answer in the error. */
export async function readJson<T>(body: Readable, what: string): Promise<T> {
  const text = await readText(body, MAX_JSON);
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new TskerError('corrupt', `the daemon's answer to ${what} is not JSON`, { cause });
  }
}

export async function readText(body: Readable, limit: number): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > limit) throw new TskerError('corrupt', `the daemon's answer is longer than ${limit} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
