// The process that waits executes its program.
import { INIT } from '../../types/containerd.ts';
import type { TaskParts } from './parts.ts';

export async function startTask({ state, runtime }: TaskParts): Promise<void> {
  await runtime.run('start');
  if (state.status === 'created') state.status = 'running';
  state.emit('start', INIT);
}
