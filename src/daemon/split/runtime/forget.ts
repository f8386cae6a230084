// A task is deleted, whatever it is doing. One that is gone already is forgotten.
import { INIT } from '../../../types/containerd.ts';
import { TskerError } from '../../../util/errors.ts';
import type { SplitContext } from './context.ts';

export async function forgetTask({ native, containerd, containers }: SplitContext, id: string): Promise<void> {
  const container = containers.get(id);
  containers.delete(id);
  if (container !== undefined && container.pidfd >= 0) native.close(container.pidfd);
  try {
    await containerd.call('tasks.delete', { id, process: INIT });
  } catch (error) {
    if (!(error instanceof TskerError && error.code === 'not_found')) throw error;
  }
}
