// `start`: opens the gate of a created container. Whoever renames the fifo first is the one that starts it.
import { closeSync, constants, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { TskerError } from '../util/errors.ts';
import type { Session } from './session.ts';
import { GATE, statusOf } from './status.ts';
import { type Container, isErrno } from './store.ts';
import type { Invocation } from './table.ts';

export async function start({ session, words }: Invocation): Promise<number> {
  const [id = ''] = words;
  await startCreated(session, session.store.read(id));
  return 0;
}

export async function startCreated(session: Session, container: Container): Promise<void> {
  const status = statusOf(container, session.store);
  if (status === 'running') throw new TskerError('conflict', 'cannot start an already running container');
  if (status === 'stopped') throw new TskerError('conflict', 'cannot start a container that has stopped');
  if (status !== 'created') throw new TskerError('conflict', `cannot start a container in the ${status} state`);
  const { startContainer, poststart } = container.hooks;
  // Most have none, and are started without the native library.
  const hooks = (startContainer ?? poststart) ? await import('./start-hooks.ts') : undefined;
  await hooks?.runBeforeStart(session, container);
  openGate(session, container);
  await hooks?.runAfterStart(session, container);
}

function openGate({ store }: Session, { id }: Container): void {
  const gate = store.path(id, GATE);
  const opened = `${gate}.open`;
  try {
    renameSync(gate, opened);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new TskerError('conflict', 'cannot start an already running container', { cause: error });
  }
  try {
    const fd = openSync(opened, constants.O_WRONLY | constants.O_NONBLOCK);
    writeSync(fd, Buffer.of(1));
    closeSync(fd);
  } catch (error) {
    // No reader: it has ended since we looked.
    if (!isErrno(error, 'ENXIO')) throw error;
    throw new TskerError('conflict', 'cannot start a container that has stopped', { cause: error });
  } finally {
    rmSync(opened, { force: true });
  }
}
