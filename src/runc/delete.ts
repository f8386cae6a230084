// `delete`: forgets a container that has ended, or one that was never started; with --force one that runs.
import type { Native } from '../native/native.ts';
import { TskerError } from '../util/errors.ts';
import { runHooks } from './hooks.ts';
import { sendSignal } from './kill.ts';
import { openNative, type Session } from './session.ts';
import { isAlive, statusOf } from './status.ts';
import type { Container } from './store.ts';
import type { Invocation } from './table.ts';
import { undo } from './undo.ts';

const SIGKILL = 9;

export async function deleteVerb({ session, options, words }: Invocation): Promise<number> {
  const [id = ''] = words;
  const { store } = session;
  const force = options.has('force');
  const container = store.find(id);
  if (container === undefined) {
    if (!force) throw new TskerError('not_found', 'container does not exist');
    store.remove(id);
    return 0;
  }
  const status = statusOf(container, store);
  if (!force && status !== 'stopped' && status !== 'created') {
    throw new TskerError('conflict', `cannot delete container ${id} that is not stopped: ${status}`);
  }
  await deleteContainer(session, openNative(session), container);
  return 0;
}

/** Ends what is left of it first. */
export async function deleteContainer({ store, log }: Session, native: Native, container: Container): Promise<void> {
  if (container.pid > 0 && isAlive(container)) sendSignal(container.pid, SIGKILL);
  await undo(native, container);
  if (!store.unclaim(container.id)) throw new TskerError('not_found', 'container does not exist');
  const run = { native, store, container: { ...container, pid: 0 }, status: 'stopped' };
  await runHooks('poststop', run).catch((error: Error) => log.warn(error.message));
  store.remove(container.id);
}
