// A program in a real terminal: typed input, window size, and everything it showed. terminal_holder.py holds the terminal.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Owner } from './owner.ts';
import { waitFor } from './wait.ts';

/** Milliseconds that a program may stay in its terminal. */
const LIMIT = 180_000;

const HOLDER = join(import.meta.dirname, 'terminal_holder.py');

export interface TerminalOptions {
  readonly rows?: number;
  readonly columns?: number;
  readonly env?: NodeJS.ProcessEnv;
}

export interface Terminal {
  readonly pid: number;
  /** Everything shown so far, carriage returns and escape sequences included. */
  shown(): string;
  type(text: string): void;
  resize(rows: number, columns: number): void;
  /** Waits until what is shown matches. */
  expect(pattern: RegExp, timeout?: number): Promise<RegExpMatchArray>;
  /** The program's exit code, or 128 + signal. */
  readonly exited: Promise<number>;
}

export function openTerminal(owner: Owner, argv: readonly string[], options: TerminalOptions = {}): Terminal {
  const size = [String(options.rows ?? 24), String(options.columns ?? 80)];
  const holder = spawn('/usr/bin/python3', ['-u', HOLDER, ...size, ...argv], {
    env: { ...(options.env ?? process.env), TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (holder.pid === undefined) throw new Error(`cannot start ${argv.join(' ')} in a terminal`);
  const chunks: Buffer[] = [];
  holder.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  holder.stdin.on('error', () => undefined);
  const exited = new Promise<number>((resolve) => holder.on('close', (code) => resolve(code ?? 128)));
  // A program that never ends fails its test by its exit code, and does not hold up the run.
  const limit = setTimeout(() => holder.kill('SIGKILL'), LIMIT);
  limit.unref();
  owner.teardown(async () => {
    clearTimeout(limit);
    holder.kill('SIGKILL');
    await exited;
  });
  const shown = (): string => Buffer.concat(chunks).toString();
  const command = (value: unknown): void => void holder.stdin.write(`${JSON.stringify(value)}\n`);
  return {
    pid: holder.pid,
    shown,
    exited,
    type: (text) => command({ write: text }),
    resize: (rows, columns) => command({ resize: [rows, columns] }),
    expect: (pattern, timeout = 10_000) =>
      waitFor(`${pattern} on the terminal`, () => shown().match(pattern) ?? undefined, { timeout }).catch((error) => {
        throw new Error(`${String(error)}; it shows:\n${shown()}`);
      }),
  };
}
