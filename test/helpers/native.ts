// The real native library in a test, and short ways to run a program through it. One library in a process: AVA gives
// every test file a process of its own.
import { Socket } from 'node:net';
import { O_RDWR } from '../../src/native/linux.ts';
import { findNativeParts, loadNative } from '../../src/native/load.ts';
import type { ExitStatus, Native, OpTrace, Spawned } from '../../src/native/native.ts';
import type { Op } from '../../src/native/ops.ts';

export const BUSYBOX = '/bin/busybox';
export const PATH_ENV = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];

export function openNative(): Native {
  return loadNative(findNativeParts([]), { workers: 2 });
}

export interface ProgramOptions {
  /** Operations before the EXEC. */
  readonly setup?: readonly Op[];
  readonly argv: readonly string[];
  readonly env?: readonly string[];
  readonly cloneFlags?: number;
  /** Slots 5 and up. */
  readonly fds?: readonly number[];
  readonly onTrace?: (trace: OpTrace) => void;
}

export interface ProgramResult {
  readonly status: ExitStatus;
  readonly stdout: string;
  readonly stderr: string;
}

export function exec(argv: readonly string[], envp: readonly string[] = PATH_ENV): Op {
  return { op: 'EXEC', argv, envp, flags: 0 };
}

/** Starts a program on the given stdio; /dev/null where there is none. */
export function spawnProgram(
  native: Native,
  options: ProgramOptions,
  stdio: { stdin?: number; stdout?: number; stderr?: number } = {},
): Spawned {
  const none = native.open('/dev/null', O_RDWR);
  try {
    return native.spawn({
      cloneFlags: options.cloneFlags ?? 0,
      fds: [stdio.stdin ?? none, stdio.stdout ?? none, stdio.stderr ?? none, ...(options.fds ?? [])],
      plan: [...(options.setup ?? []), exec(options.argv, options.env)],
      ...(options.onTrace !== undefined && { onTrace: options.onTrace }),
    });
  } finally {
    native.close(none);
  }
}

/** Runs a program to its end; rejects with the PlanError when it does not start. */
export async function runProgram(native: Native, options: ProgramOptions): Promise<ProgramResult> {
  const out = native.pipe();
  const err = native.pipe();
  let spawned: Spawned;
  try {
    spawned = spawnProgram(native, options, { stdout: out.write, stderr: err.write });
  } finally {
    native.close(out.write);
    native.close(err.write);
  }
  const texts = Promise.all([readAll(out.read), readAll(err.read)]);
  const [status, [stdout, stderr]] = await Promise.all([spawned.exited, texts]);
  await spawned.started;
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}

/** Everything up to end of file; takes over the descriptor. */
export async function readAll(fd: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of new Socket({ fd, readable: true, writable: false })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The text of the records of a json-file log, by stream. */
export function readLog(log: Buffer): {
  stdout: string;
  stderr: string;
  records: { log: string; stream: string; time: string }[];
} {
  const lines = log.toString().split('\n');
  if (lines.pop() !== '') throw new Error('the log does not end with a newline');
  const records = lines.map((line) => JSON.parse(line) as { log: string; stream: string; time: string });
  const text = (stream: string): string =>
    records
      .filter((record) => record.stream === stream)
      .map((record) => record.log)
      .join('');
  return { stdout: text('stdout'), stderr: text('stderr'), records };
}
