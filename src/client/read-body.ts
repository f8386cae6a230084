// Bodies of answers that are text and JSON, bounded.
import { TskerError } from '../util/errors.ts';
import type { AnswerBody } from './http/answer-body.ts';

/** A JSON answer is held in memory: lists and inspections are far below this. */
const MAX_JSON = 256 * 1024 * 1024;

/** Throws `corrupt` when it is no JSON; `what` names the answer in the error. */
export async function readJson<T>(body: AnswerBody, what: string): Promise<T> {
  const text = await readText(body, MAX_JSON);
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new TskerError('corrupt', `the daemon's answer to ${what} is not JSON`, { cause });
  }
}

export async function readText(body: AnswerBody, limit: number): Promise<string> {
  return (await body.collect(limit)).toString('utf8');
}
