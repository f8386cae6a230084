// What was paused goes on.
import { isFrozen } from '../../../runtime/cgroup/control.ts';
import type { Container, SplitContext } from './context.ts';

/** A signal that was sent before comes first. Some runtimes thaw what they kill: then there is nothing left to do. */
export async function resumeTask(
  { containerd, signalled }: SplitContext,
  { id, container }: { readonly id: string; readonly container: () => Container },
): Promise<void> {
  await signalled.get(id);
  try {
    await containerd.call('tasks.resume', { id });
  } catch (error) {
    if (isFrozen(container().cgroups)) throw error;
  }
}
