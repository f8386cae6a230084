// `run`: create and start in one; without --detach it stays until the container ends, and deletes it.
import { writeSync } from 'node:fs';
import { PlanError } from '../native/native.ts';
import { errnoText } from '../runtime/reasons.ts';
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
  const native = openNative(session);
  const created = await createContainer(session, native, { id, bundle, options, stdio: stdioOf(bundle, socket) });
  await startCreated(session, created.container);
  const runs = await isExecuted(created);
  if (detach) return 0;
  const code = await attend({ native, process: created.process, terminal: created.process.terminal });
  if (!options.has('keep')) await remove(session, native, created);
  return runs ? code : NOT_EXECUTED;
}

const STDERR = 2;
/** What a helper ends with that nobody listens to (native/init/exec.c). */
const NOT_EXECUTED = 1;

/** We still hear what execve says of a program that was found: it is told where the helper tells it when a `start` ended before. */
async function isExecuted({ container, process }: Created): Promise<boolean> {
  try {
    await process.started;
    return true;
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    writeSync(STDERR, `exec ${container.spec.process.args[0]}: ${errnoText(error.errno)}\n`);
    return false;
  }
}

async function remove(session: Session, native: ReturnType<typeof openNative>, { container }: Created): Promise<void> {
  // Somebody else may have deleted it as soon as it had ended.
  if (session.store.find(container.id) !== undefined) await deleteContainer(session, native, container);
}
