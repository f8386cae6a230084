// A start that is explained, part of which another process does: the engine asks for it by an annotation of the bundle, of an exec by a
// member of its process beside those of the standard, and what that process has told lies beside what it was asked by. A runtime that
// knows nothing of it leaves nothing, and its part is told as one step.
import { closeSync, constants, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ExplainEnter, ExplainFact, ExplainLeave, ExplainOperation, OperationText } from '../../types/explain.ts';

/** Milliseconds of the monotonic clock at which the engine's own account begins. */
export const EXPLAIN_ANNOTATION = 'tsker.explain';
const COMPARISONS = 8;

/** Of a `create`, in its bundle. */
export const CREATE_FILE = 'explain.ndjson';

/** Of an `exec`, beside the file that has its process. */
export function execFile(processFile: string): string {
  return `${processFile}.explain`;
}

/** The plan in words comes first, for operations that are done when the process that tells is gone. */
export type RelayedLine =
  | { readonly type: 'plan'; readonly texts: readonly OperationText[] }
  | ExplainEnter
  | ExplainLeave
  | ExplainFact
  | ExplainOperation;

/** What makes a time of performance.now() one of the monotonic clock, which is the same in all processes. */
export function monotonicOffset(): number {
  let best = { gap: Number.POSITIVE_INFINITY, offset: 0 };
  // Whoever is put off between two clocks on a busy machine compares nothing: the quickest of a few comparisons is taken.
  for (let attempt = 0; attempt < COMPARISONS; attempt += 1) {
    const before = performance.now();
    const clock = Number(process.hrtime.bigint()) / 1e6;
    const gap = performance.now() - before;
    if (gap < best.gap) best = { gap, offset: clock - before - gap / 2 };
  }
  return best.offset;
}

/** Throws when the directory takes no file. */
export function writeRelayed(path: string, lines: readonly RelayedLine[]): void {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  const fd = openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  try {
    writeFileSync(fd, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  } finally {
    closeSync(fd);
  }
}

/** Takes the file away. Empty when there is none, or none that can be read. */
export function takeRelayed(path: string): readonly RelayedLine[] {
  try {
    const text = readFileSync(path, 'utf8');
    rmSync(path, { force: true });
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as RelayedLine);
  } catch {
    // Another runtime's, or one that was killed: what it did is told as one step.
    return [];
  }
}
