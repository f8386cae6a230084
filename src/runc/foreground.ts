// Staying with a process until it ends (`run` and `exec` without --detach): signals we get are its own, and its terminal is
// joined to ours.
import { writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import type { Native } from '../native/native.ts';
import { SIGNALS } from '../native/signals.ts';
import type { ContainerProcess } from '../runtime/runtime.ts';

export interface Attended {
  readonly native: Native;
  readonly process: Pick<ContainerProcess, 'exited' | 'signal'>;
  readonly terminal: number | undefined;
}

/** Its exit code, or 128 + signal. */
export async function attend({ native, process: child, terminal }: Attended): Promise<number> {
  const restore = terminal === undefined ? undefined : joinTerminals(native, terminal);
  for (const name of FORWARDED) process.on(name, () => child.signal(SIGNALS[name] ?? 0));
  const { code } = await child.exited;
  await restore?.();
  return code;
}

const FORWARDED: readonly NodeJS.Signals[] = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGTERM',
  'SIGCONT',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
];

/** Returns what gives our terminal back, when all output has come. Our own streams: the container has none of them. */
function joinTerminals(native: Native, master: number): () => Promise<void> {
  const { stdin, stdout } = process;
  const output = new ReadStream(master);
  const ended = new Promise<void>((resolve) => {
    output.on('data', (chunk: Buffer) => stdout.write(chunk));
    // EIO is how the end of a terminal looks from its master.
    output.on('error', () => resolve());
    output.on('close', () => resolve());
  });
  stdin.on('data', (chunk: Buffer) => writeSync(master, chunk));
  if (stdin.isTTY) stdin.setRawMode(true);
  const resize = (): void => {
    if (stdout.isTTY) native.resizePty(master, stdout.rows, stdout.columns);
  };
  resize();
  process.on('SIGWINCH', resize);
  return async () => {
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.destroy();
    await ended;
  };
}
