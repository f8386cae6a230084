// All processes stand still.
import { INIT } from '../../types/containerd.ts';
import { isUnsettledFreezer } from '../runtime-command.ts';
import type { TaskParts } from './parts.ts';

/** Milliseconds in which a runtime that gives up is asked again: as patient as the monolith. */
const FREEZE_PATIENCE = 5000;

export async function pauseTask({ state, runtime }: TaskParts): Promise<void> {
  const deadline = performance.now() + FREEZE_PATIENCE;
  for (;;) {
    try {
      await runtime.run('pause');
      break;
    } catch (error) {
      if (!isUnsettledFreezer(error) || performance.now() > deadline) throw error;
    }
  }
  state.status = 'paused';
  state.emit('pause', INIT);
}
