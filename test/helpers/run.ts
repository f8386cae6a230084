// Runs programs for tests: collected output, a time limit, an exit code that is data and not an exception. No shell.
import { spawn } from 'node:child_process';
import { SLOWNESS } from './wait.ts';

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  /** Milliseconds on a common machine after which the program is killed; default two minutes. */
  readonly timeout?: number;
}

export interface RunResult {
  /** Exit code, or 128 + signal. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The bytes of stdout, for output that is not text. */
  readonly bytes: Buffer;
}

const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

/** Runs a program to its end. Rejects only when it cannot be started or takes too long. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [file, ...args] = argv;
  if (file === undefined) throw new Error('run: no program given');
  const { promise, resolve, reject } = Promise.withResolvers<RunResult>();
  const child = spawn(file, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: 'pipe' });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  // A program that ends without reading its input is no failure of the test's.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const limit = (options.timeout ?? 120_000) * SLOWNESS;
  const timer = setTimeout(() => {
    child.kill('SIGKILL');
    reject(new Error(`${argv.join(' ')} took more than ${limit} ms\n${text(out)}\n${text(err)}`));
  }, limit);
  child.on('error', (error) => {
    clearTimeout(timer);
    reject(error);
  });
  child.on('close', (code, signal) => {
    clearTimeout(timer);
    const bytes = Buffer.concat(out);
    resolve({ code: code ?? 128 + (SIGNALS[signal ?? ''] ?? 0), stdout: bytes.toString(), stderr: text(err), bytes });
  });
  return promise;
}

/** Runs a program that has to succeed; its stdout without the last newline. */
export async function ok(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(argv, options);
  if (result.code !== 0) {
    throw new Error(`${argv.join(' ')} exited with ${result.code}\n${result.stdout}\n${result.stderr}`);
  }
  return result.stdout.replace(/\n$/, '');
}

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString();
}
