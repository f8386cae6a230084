// A start that is explained, part of which another process does: the engine asks for it by an annotation of the bundle, and what that
// process has told lies in the bundle when it ends. A runtime that knows neither leaves nothing, and its part is told as one step.
import { closeSync, constants, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExplainEnter, ExplainFact, ExplainLeave, ExplainOperation, OperationText } from '../../types/explain.ts';

/** Milliseconds of the monotonic clock at which the engine's own account begins. */
export const EXPLAIN_ANNOTATION = 'tsker.explain';
const FILE = 'explain.ndjson';

/** The plan in words comes first, for operations that are done when the process that tells is gone. */
export type RelayedLine =
  | { readonly type: 'plan'; readonly texts: readonly OperationText[] }
  | ExplainEnter
  | ExplainLeave
  | ExplainFact
  | ExplainOperation;

/** The monotonic clock, the same in all processes, for a time of performance.now(). */
export function monotonic(time: number = performance.now()): number {
  return Number(process.hrtime.bigint()) / 1e6 - performance.now() + time;
}

/** Throws when the bundle's directory takes no file. */
export function writeRelayed(bundle: string, lines: readonly RelayedLine[]): void {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  const fd = openSync(join(bundle, FILE), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  try {
    writeFileSync(fd, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  } finally {
    closeSync(fd);
  }
}

/** Empty when there is nothing, or nothing that can be read. */
export function readRelayed(bundle: string): readonly RelayedLine[] {
  try {
    const text = readFileSync(join(bundle, FILE), 'utf8');
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as RelayedLine);
  } catch {
    // Another runtime's, or one that was killed: what it did is told as one step.
    return [];
  }
}
