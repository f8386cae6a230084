// `run`: create and start in one; without --detach it stays until the container ends, and deletes it.
import { readBundle } from './bundle.ts';
import { type Created, consoleSocket, createContainer, stdioOf } from './create.ts';
import { deleteContainer } from './delete.ts';
import { attend } from './foreground.ts';
import { openNative, type Session } from './session.ts';
import { startCreated } from './start.ts';
import type { Invocation } from './table.ts';

export async function run({ session, options, words }: Invocation): Promise<number> {
  const [id = ''] = words;
  const bundle = readBundle(options.text('bundle') ?? '.');
  const detach = options.has('detach');
  const socket = detach ? consoleSocket(bundle, options) : options.text('console-socket');
  const native = openNative();
  const created = await createContainer(session, native, { id, bundle, options, stdio: stdioOf(bundle, socket) });
  await startCreated(session, created.container);
  if (detach) return 0;
  const code = await attend({ native, process: created.process, terminal: created.process.terminal });
  if (!options.has('keep')) await remove(session, native, created);
  return code;
}

async function remove(session: Session, native: ReturnType<typeof openNative>, { container }: Created): Promise<void> {
  // Somebody else may have deleted it as soon as it had ended.
  if (session.store.find(container.id) !== undefined) await deleteContainer(session, native, container);
}
