// Execs through the API as clients do them: create, start with the connection taken over, read to the end, ask for the code.
// Also what tests of a container's life look at: events so far, processes, cgroups.
import { readFileSync, readlinkSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { EventMessage } from '../../src/types/event.ts';
import type { ExecInspect } from '../../src/types/exec.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { splitFrames } from './daemon.harness.ts';

/** The id of a new exec whose output is attached, unless `body` says otherwise. */
export async function createExec(daemon: Daemon, container: string, body: object): Promise<string> {
  const answer = await daemon.api('POST', `/containers/${container}/exec`, {
    AttachStdout: true,
    AttachStderr: true,
    ...body,
  });
  if (answer.status !== 201) throw new Error(`exec create: ${answer.status} ${answer.text}`);
  return answer.json<{ Id: string }>().Id;
}

export interface Hijacked {
  readonly head: IncomingMessage;
  readonly socket: Socket;
  /** What has come so far. */
  received(): string;
  /** All that comes until the daemon has hung up. */
  readonly rest: Promise<Buffer>;
}

/** Takes the connection of a start over; `paused` leaves the reading to the caller. */
export function startExec(
  daemon: Daemon,
  id: string,
  { tty = false, paused = false, size }: { tty?: boolean; paused?: boolean; size?: [number, number] } = {},
): Promise<Hijacked> {
  const { promise, resolve, reject } = Promise.withResolvers<Hijacked>();
  const body = JSON.stringify({ Detach: false, Tty: tty, ...(size === undefined ? {} : { ConsoleSize: size }) });
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'tcp',
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  };
  const asking = request({ socketPath: daemon.socket, method: 'POST', path: `/v1.47/exec/${id}/start`, headers });
  asking.on('upgrade', (head, socket: Socket, first: Buffer) => {
    const chunks = [first];
    const rest = new Promise<Buffer>((done, failed) => {
      if (!paused) socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('end', () => done(Buffer.concat(chunks)));
      socket.on('error', failed);
    });
    rest.catch(() => undefined);
    resolve({ head, socket, rest, received: () => Buffer.concat(chunks).toString() });
  });
  asking.on('response', (answer) => {
    answer.resume();
    reject(new Error(`exec start: ${answer.statusCode}`));
  });
  asking.on('error', reject);
  asking.end(body);
  return promise;
}

export async function inspectExec(daemon: Daemon, id: string): Promise<ExecInspect> {
  return (await daemon.api('GET', `/exec/${id}/json`)).json<ExecInspect>();
}

export interface ExecOutcome {
  readonly out: string;
  readonly err: string;
  readonly code: number | null;
}

/** Runs a command to its end. */
export async function execute(
  daemon: Daemon,
  container: string,
  command: readonly string[],
  body: object = {},
): Promise<ExecOutcome> {
  const id = await createExec(daemon, container, { Cmd: command, ...body });
  const { rest, socket } = await startExec(daemon, id);
  const bytes = await rest;
  socket.destroy();
  return { ...splitFrames(bytes), code: (await inspectExec(daemon, id)).ExitCode };
}

/** Events of a container so far, the oldest first. */
export async function eventsOf(daemon: Daemon, container: string): Promise<EventMessage[]> {
  const filters = encodeURIComponent(JSON.stringify({ container: [container] }));
  const answer = await daemon.api('GET', `/events?since=1&until=${Date.now() / 1000 + 0.001}&filters=${filters}`);
  return answer.text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as EventMessage);
}

export async function actionsOf(daemon: Daemon, container: string): Promise<string[]> {
  return (await eventsOf(daemon, container)).map(({ Action }) => Action);
}

/** A line of /proc/<pid>/status. */
export function statusOf(pid: number, field: string): string {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${field}:\\s*(.*)$`, 'm'));
  return line?.[1] ?? '';
}

export function namespacesOf(pid: number): Record<string, string> {
  const names = ['mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup', 'user'];
  return Object.fromEntries(names.map((name) => [name, readlinkSync(`/proc/${pid}/ns/${name}`)]));
}

/** Where a process is in every hierarchy. */
export function cgroupsOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n').sort();
}
