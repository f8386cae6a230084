// `tsker containerd`: keeps the shims, for whoever asks on its socket; in the split architecture that is the daemon. It knows no
// image, no network and no API, and what it knows it finds again: it can be killed at any time.
import { spawn } from 'node:child_process';
import { constants, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findNativeParts, loadNative } from '../native/load.ts';
import { preferEventLoop } from '../native/threads.ts';
import { TskerError } from '../util/errors.ts';
import { createLogger } from '../util/log.ts';
import { parseContainerdOptions } from './options.ts';
import { ContainerdServer } from './server.ts';
import { shimStarter } from './start-shim.ts';
import { Tasks } from './tasks.ts';

const CONTAINERD_SOCKET = 'containerd.sock';

/** Runs until a signal ends it; `argv` is what follows `tsker containerd`. */
export async function runContainerd(argv: readonly string[]): Promise<void> {
  const { state, runtime } = parseContainerdOptions(argv);
  const log = createLogger(
    () => 'info',
    (line) => process.stderr.write(line),
  );
  const directory = join(state, 'tasks');
  // Those of other users must find their root file systems below; the sockets are root's.
  for (const path of [state, directory]) mkdirSync(path, { recursive: true, mode: 0o711 });
  const parts = findNativeParts([join(dirname(state), 'native'), '/var/lib/tsker/native']);
  const native = loadNative(parts, { workers: 1 });
  const command = [...runtime, '--root', join(state, 'runc')];
  const nullFd = native.open('/dev/null', constants.O_RDWR);
  const tasks = new Tasks({
    ...{ directory, log },
    startShim: shimStarter({ native, shim: parts.shim, runtime: command, nullFd }),
    runDirectly: (words, cwd) => runCommand([...command, ...words], cwd),
    emit: (event) => server.publish(event),
  });
  const about = { version: 'tsker', pid: process.pid, runtime: command };
  const path = join(state, CONTAINERD_SOCKET);
  const server = new ContainerdServer({ path, tasks, about });
  await tasks.recover();
  await server.listen(path);
  log.info('containerd is ready', { pid: process.pid, tasks: tasks.list().length });
  native.trim();
  preferEventLoop({ native, log });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      rmSync(path, { force: true });
      process.exit(0);
    });
  }
}

/** Resolves when it has ended well; throws what it said otherwise. */
function runCommand([program = '', ...words]: readonly string[], cwd: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = spawn(program, words, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-4096);
  });
  child.on('error', reject);
  child.on('close', (code) => {
    if (code === 0) resolve();
    else reject(new TskerError('internal', said.trim() === '' ? `${program} ended with code ${code}` : said.trim()));
  });
  return promise;
}
