// `start`: opens the gate of a created container. Whoever renames the fifo first is the one that starts it.
import { closeSync, constants, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { TskerError } from '../util/errors.ts';
import { deleteContainer } from './delete.ts';
import { runHooks } from './hooks.ts';
import { openNative, type Session } from './session.ts';
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
  await runStartHooks(session, container);
  openGate(session, container);
  await runPoststart(session, container);
}

async function runStartHooks(session: Session, container: Container): Promise<void> {
  if (container.hooks.startContainer === undefined) return;
  const native = openNative(session);
  try {
    const { store } = session;
    await runHooks('startContainer', { native, store, container, status: 'created', inside: '/' });
  } catch (error) {
    await deleteContainer(session, native, container);
    throw error;
  }
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

/** The program runs already: a hook that fails is told (runtime-spec runtime.md, "Lifecycle"). */
async function runPoststart(session: Session, container: Container): Promise<void> {
  const { store, log } = session;
  if (container.hooks.poststart === undefined) return;
  const run = { native: openNative(session), store, container, status: 'running' };
  await runHooks('poststart', run).catch((error: Error) => log.warn(error.message));
}
