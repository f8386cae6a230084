// Sees processes that come and go: while some work is done, the descendants of a process are looked at as often as can be.
import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ProcessFacts, readProcess } from './processes.ts';

export interface Watched<T> {
  readonly result: T;
  /** Every descendant that was seen, as it was when it was seen last: one that has just been forked still has its parent's words. */
  readonly seen: readonly ProcessFacts[];
}

/** Needs /proc/PID/task/TID/children (CONFIG_PROC_CHILDREN, which the kernels of distributions have). */
export async function watchDescendants<T>(root: number, work: () => Promise<T>): Promise<Watched<T>> {
  const seen = new Map<string, ProcessFacts>();
  let over = false;
  const result = work().finally(() => {
    over = true;
  });
  result.catch(() => undefined);
  while (!over) {
    look(root, seen);
    await nextTurn();
  }
  return { result: await result, seen: [...seen.values()] };
}

function look(parent: number, seen: Map<string, ProcessFacts>): void {
  for (const pid of childrenOf(parent)) {
    const facts = readProcess(pid);
    if (facts === undefined) continue;
    // A zombie has lost its words.
    if (facts.words.length > 0) seen.set(`${pid} ${facts.started}`, facts);
    look(pid, seen);
  }
}

function childrenOf(pid: number): readonly number[] {
  return entries(`/proc/${pid}/task`).flatMap((task): readonly number[] => {
    try {
      const text = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8');
      return text.split(' ').filter(Boolean).map(Number);
    } catch (error) {
      return unlessGone(error);
    }
  });
}

function entries(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    return unlessGone(error);
  }
}

function unlessGone(error: unknown): readonly never[] {
  if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
  throw error;
}

const VERBS = ['create', 'start', 'state', 'kill', 'delete', 'exec', 'pause', 'resume', 'update'];

/** What an OCI runtime's command line was told: `runc create`. */
export function runtimeVerb({ words }: Pick<ProcessFacts, 'words'>): string {
  return `runc ${words.find((word) => VERBS.includes(word)) ?? '?'}`;
}
