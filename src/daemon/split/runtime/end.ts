// Ends, as containerd tells them: when they happen, and, when it was away, all at once.
import { INIT, LOST, type TaskInfo } from '../../../types/containerd.ts';
import { type SplitContext, settle } from './context.ts';
import type { Named } from './ends.ts';

export function noteEnd(context: SplitContext, named: Named, code: number): void {
  const { containers, containerd, ends } = context;
  const container = containers.get(named.id);
  // One of the daemon before us, perhaps: whoever takes it up asks how it ended, and it is not forgotten before.
  if (!ends.isExpected(named)) return;
  if (named.process !== INIT) void settle(context, 'forgetting an exec', containerd.call('tasks.delete', named));
  else if (container !== undefined) container.running = false;
  ends.tell(named, code);
}

/** containerd was away: what it did not see, its shims did. */
export function reconcile(context: SplitContext, tasks: readonly TaskInfo[]): void {
  const { containers, ends } = context;
  for (const named of ends.all()) {
    if (!containers.has(named.id)) continue;
    const task = tasks.find(({ id }) => id === named.id);
    const known = task?.processes.find(({ name }) => name === named.process);
    if (known === undefined) noteEnd(context, named, LOST);
    else if (known.exitCode !== undefined) noteEnd(context, named, known.exitCode);
  }
}
