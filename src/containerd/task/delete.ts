// The runtime forgets a container, whatever it is doing: what runs is killed.
import { isGone } from '../runtime-command.ts';
import type { TaskParts } from './parts.ts';

/** Of a shim that lives. One that the runtime has forgotten already is deleted. */
export async function deleteTask({ state, runtime }: TaskParts): Promise<void> {
  try {
    await runtime.run('delete', state.status === 'stopped' ? {} : { before: ['--force'] });
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}
