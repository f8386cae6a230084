// One daemon a data root: the lock that the kernel drops when its holder dies, and the pidfile that others read.
import { constants, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Native } from '../native/native.ts';
import { makeDirectories } from '../util/directories.ts';
import { TskerError } from '../util/errors.ts';

/** Throws `forbidden` with what to do about it. */
export function requireRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new TskerError('forbidden', 'daemon needs root: it makes namespaces, mounts and network interfaces', {
    hint: 'run it with sudo; clients need only the socket',
  });
}

/** Throws `conflict`, naming the daemon that has the root. Dispose of it to give the root back. */
export function lockRoot(native: Pick<Native, 'open' | 'lock' | 'close'>, root: string): Disposable {
  const path = join(root, 'daemon.lock');
  const fd = native.open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  if (!native.lock(fd)) {
    native.close(fd);
    const holder = readFileSync(path, 'utf8').trim();
    throw new TskerError('conflict', `another daemon (pid ${holder}) uses ${root}`, {
      hint: 'stop it, or give this one a --data-root, --exec-root, --bridge, --pidfile and -H of its own',
    });
  }
  // Not emptied when given back: the lock is what counts.
  writeFileSync(path, `${process.pid}\n`);
  return { [Symbol.dispose]: () => native.close(fd) };
}

/** Throws `conflict` when it names another living process. Dispose of it to remove the file. */
export function writePidfile(path: string): Disposable {
  const pid = readPid(path);
  if (pid !== undefined && pid !== process.pid && isAlive(pid)) {
    throw new TskerError('conflict', `process with PID ${pid} is still running (${path})`, {
      hint: 'another daemon? Give this one a --pidfile of its own',
    });
  }
  makeDirectories('--pidfile', dirname(path), 0o755);
  writeFileSync(path, `${process.pid}\n`, { mode: 0o644 });
  return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
}

function readPid(path: string): number | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new TskerError('invalid', `--pidfile ${path}: cannot read it: ${code ?? String(error)}`, { cause: error });
  }
}

/** A pid that a program of another kind has by now does not keep a daemon from starting. */
function isAlive(pid: number): boolean {
  try {
    return /tsker|node|main/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}
