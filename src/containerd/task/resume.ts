// What was paused goes on.
import { INIT } from '../../types/containerd.ts';
import type { TaskParts } from './parts.ts';

export async function resumeTask({ state, runtime }: TaskParts): Promise<void> {
  await runtime.run('resume');
  if (state.status === 'paused') state.status = 'running';
  state.emit('resume', INIT);
}
