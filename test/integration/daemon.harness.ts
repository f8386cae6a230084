// A daemon that has the image `busybox`, and what the tests of the API share: containers made with one call, frames taken
// apart.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dockerArchive } from '../helpers/archive.ts';
import { busyboxImage } from '../helpers/busybox.ts';
import { type Daemon, type DaemonOptions, startDaemon } from '../helpers/daemon.ts';
import { type Answer, call } from '../helpers/http.ts';
import type { Owner } from '../helpers/owner.ts';

/** Labels and a health check in it are of no matter to the tests; its command is `sh`. */
export async function startWithBusybox(owner: Owner, options: DaemonOptions = {}): Promise<Daemon> {
  const daemon = await startDaemon(owner, options);
  await loadBusybox(daemon);
  return daemon;
}

export async function loadBusybox(daemon: Daemon): Promise<void> {
  const image = await busyboxImage({ config: { Labels: { made: 'for tests' }, ExposedPorts: { '80/tcp': {} } } });
  const body = dockerArchive(image, ['busybox:latest']);
  const answer = await call({ target: daemon.socket, method: 'POST', path: '/images/load', body });
  if (answer.status !== 200 || /"error"/.test(answer.text)) throw new Error(`load: ${answer.status} ${answer.text}`);
}

/** The parent that its architecture gives a container's process: the daemon, or the shim that holds the container. */
export function isKept(daemon: Daemon, pid: number): boolean {
  const parent = Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  if (daemon.arch === 'monolith') return parent === daemon.pid;
  return readFileSync(`/proc/${parent}/comm`, 'utf8') === 'tsker-shim\n';
}

/** An orderly end of the daemon is the end of its containers, in either architecture. */
export const ENDS_THEM: DaemonOptions = { args: ['--live-restore=false'] };

/**
 * kill -9 of the daemon and of all its containers: those that would outlive it are killed after it, with the shims that would have
 * noted how they ended. So it is when a machine loses its power, but for the boot.
 */
export async function killWithContainers(daemon: Daemon): Promise<void> {
  await daemon.kill();
  const tasks = join(daemon.execRoot, 'containerd/tasks');
  if (!existsSync(tasks)) return;
  for (const id of readdirSync(tasks)) {
    for (const file of ['shim.pid', 'init.pid']) killNamedIn(join(tasks, id, file));
  }
}

/** The process whose pid is in the file, if there are both. */
function killNamedIn(path: string): void {
  if (!existsSync(path)) return;
  const pid = Number(readFileSync(path, 'utf8'));
  if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL');
}

/** Creates a container from busybox; its id. */
export async function create(daemon: Daemon, body: object, name?: string): Promise<string> {
  const query = name === undefined ? '' : `?name=${name}`;
  const answer = await daemon.api('POST', `/containers/create${query}`, { Image: 'busybox', ...body });
  if (answer.status !== 201) throw new Error(`create: ${answer.status} ${answer.text}`);
  return answer.json<{ Id: string }>().Id;
}

/** Creates and starts. */
export async function start(daemon: Daemon, body: object, name?: string): Promise<string> {
  const id = await create(daemon, body, name);
  const answer = await daemon.api('POST', `/containers/${id}/start`);
  if (answer.status !== 204) throw new Error(`start: ${answer.status} ${answer.text}`);
  return id;
}

/** Runs to the end; the exit code. */
export async function runToEnd(daemon: Daemon, body: object, name?: string): Promise<{ id: string; code: number }> {
  const id = await start(daemon, body, name);
  const answer = await daemon.api('POST', `/containers/${id}/wait`);
  return { id, code: answer.json<{ StatusCode: number }>().StatusCode };
}

export async function inspect<T = Record<string, never>>(daemon: Daemon, id: string): Promise<T> {
  return (await daemon.api('GET', `/containers/${id}/json`)).json<T>();
}

export async function logs(
  daemon: Daemon,
  id: string,
  query = 'stdout=1&stderr=1',
): Promise<{ out: string; err: string }> {
  return splitFrames((await rawLogs(daemon, id, query)).bytes);
}

export function rawLogs(daemon: Daemon, id: string, query: string): Promise<Answer> {
  return daemon.api('GET', `/containers/${id}/logs?${query}`);
}

/** Docker's 8-byte frames taken apart. Throws when they do not fit together. */
export function splitFrames(bytes: Buffer): { out: string; err: string } {
  const parts: Record<number, Buffer[]> = { 1: [], 2: [] };
  for (let at = 0; at < bytes.length; ) {
    const stream = bytes[at] ?? 0;
    const size = bytes.readUInt32BE(at + 4);
    const list = parts[stream];
    if (list === undefined || at + 8 + size > bytes.length)
      throw new Error(`not a frame at ${at}: ${bytes.subarray(at, at + 16)}`);
    list.push(bytes.subarray(at + 8, at + 8 + size));
    at += 8 + size;
  }
  return { out: Buffer.concat(parts[1] ?? []).toString(), err: Buffer.concat(parts[2] ?? []).toString() };
}
