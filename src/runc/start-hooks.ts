// Hooks around the start of a program. One that fails before it ends the container; after it the program runs already, and the
// failure is told (runtime-spec runtime.md, "Lifecycle").
import { deleteContainer } from './delete.ts';
import { runHooks } from './hooks.ts';
import { openNative, type Session } from './session.ts';
import type { Container } from './store.ts';

export async function runBeforeStart(session: Session, container: Container): Promise<void> {
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

export async function runAfterStart(session: Session, container: Container): Promise<void> {
  if (container.hooks.poststart === undefined) return;
  const { store, log } = session;
  const run = { native: openNative(session), store, container, status: 'running' };
  await runHooks('poststart', run).catch((error: Error) => log.warn(error.message));
}
