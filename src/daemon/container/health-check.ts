// One run of a health check: an exec whose output is kept up to a bound, killed with all its children when it takes too long.
import { closeSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Native } from '../../native/native.ts';
import type { ContainerProcess } from '../../runtime/runtime.ts';
import { createExecOf } from '../exec/create.ts';
import { type LaunchDependencies, launchExec } from '../exec/launch.ts';
import type { Container } from './container.ts';
import type { HealthPlan } from './health-plan.ts';

export interface HealthCheckDependencies extends LaunchDependencies {
  readonly native: Pick<Native, 'pipe' | 'close'>;
}

export interface CheckOutcome {
  /** -1 when it took too long. */
  readonly exitCode: number;
  readonly output: string;
}

/** Bytes of output that are kept. */
const OUTPUT_MAX = 4096;
/** Milliseconds that the output of an ended check may take: a child that holds its pipe open is not waited for. */
const FLUSH = 100;

/** Throws when it cannot be started. */
export async function runHealthCheck(
  dependencies: HealthCheckDependencies,
  container: Container,
  plan: HealthPlan,
): Promise<CheckOutcome> {
  const exec = createExecOf(dependencies, container, {
    command: plan.command,
    tty: false,
    attachStdin: false,
    attachStdout: true,
    attachStderr: true,
    detachKeys: Buffer.alloc(0),
    env: [],
    workingDir: container.record.config.WorkingDir,
    user: container.record.config.User,
    privileged: false,
    size: { rows: 0, columns: 0 },
  });
  exec.claim();
  const pipe = dependencies.native.pipe();
  const output = new Output(pipe.read);
  const stdin = openSync('/dev/null', 'r');
  try {
    const stdio = { stdin, stdout: pipe.write, stderr: pipe.write };
    const unwritten = { ...dependencies, journal: undefined };
    const process = await launchExec(unwritten, exec, { stdio, size: exec.config.size }).finally(() => {
      dependencies.native.close(pipe.write);
      closeSync(stdin);
    });
    return await finish(process, container, { output, timeout: plan.timeout });
  } finally {
    output.close();
    // Nobody was given its id to ask for it.
    dependencies.execs.delete(exec);
  }
}

async function finish(
  process: ContainerProcess,
  container: Container,
  { output, timeout }: { readonly output: Output; readonly timeout: number },
): Promise<CheckOutcome> {
  const inTime = await endsInTime(process, container, timeout);
  const { code } = await process.exited;
  await output.flush();
  if (inTime) return { exitCode: code, output: output.text };
  const late = `Health check exceeded timeout (${formatDuration(timeout)})`;
  return { exitCode: -1, output: output.text === '' ? late : `${late}: ${output.text}` };
}

/** Kills it when it does not. The time of a pause does not count. */
async function endsInTime(process: ContainerProcess, container: Container, timeout: number): Promise<boolean> {
  for (;;) {
    const timer = new AbortController();
    const late = sleep(timeout, 'late', { signal: timer.signal }).catch(() => 'late');
    const outcome = await Promise.race([process.exited, late]);
    timer.abort();
    if (outcome !== 'late') return true;
    if (container.record.state.status === 'paused') continue;
    killGroup(process);
    return false;
  }
}

/** The check leads a session of its own: its children go with it, or they would pile up check by check. */
function killGroup({ pid, signal }: ContainerProcess): void {
  const SIGKILL = 9;
  // Not reaped yet, by the same number: the group is its own.
  if (signal(0)) killQuietly(-pid);
  signal(SIGKILL);
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It has just ended.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The beginning of what comes out of a pipe (taken over); all of it is read. */
class Output {
  readonly #socket: Socket;
  readonly #ended: Promise<void>;
  #kept: Buffer = Buffer.alloc(0);
  #cut = false;

  constructor(fd: number) {
    this.#socket = new Socket({ fd, readable: true, writable: false });
    this.#socket.on('data', (chunk: Buffer) => {
      const room = OUTPUT_MAX - this.#kept.length;
      this.#cut ||= chunk.length > room;
      if (room > 0) this.#kept = Buffer.concat([this.#kept, chunk.subarray(0, room)]);
    });
    this.#ended = new Promise((resolve) => this.#socket.on('close', () => resolve()));
    this.#socket.on('error', () => this.#socket.destroy());
  }

  get text(): string {
    return `${this.#kept.toString()}${this.#cut ? '...' : ''}`;
  }

  async flush(): Promise<void> {
    const timer = new AbortController();
    await Promise.race([this.#ended, sleep(FLUSH, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** As Go writes a duration: `1m30s`, `1.5s`, `250ms`. Milliseconds in. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds * 1e6) / 1e6}ms`;
  const seconds = milliseconds / 1000;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = `${Math.round((seconds % 60) * 1e9) / 1e9}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
