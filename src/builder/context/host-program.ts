// Programs of the host that a context may need and nothing else of the engine does: git, xz, bzip2. Their output is read
// as it comes; one that is missing is said to be.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { TskerError } from '../../util/errors.ts';

export interface ProgramOptions {
  readonly argv: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Of what a program says, the end is what tells why it failed. */
const MAX_SAID = 16 * 1024;

/** Runs a program to its end; throws what it said, with `failed` in front. */
export async function runProgram(options: ProgramOptions, failed: string): Promise<string> {
  const child = start(options);
  child.stdin.end();
  const [out, err, error] = await Promise.all([collect(child.stdout), collect(child.stderr), ended(child, options)]);
  if (error === undefined) return out;
  if (error instanceof TskerError) throw error;
  throw new TskerError('invalid', `${failed}: ${(out + err).trim() || error.message}`);
}

/** The program's output while `input` goes into it. */
export async function* filterThrough(
  options: ProgramOptions,
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const child = start(options);
  const exit = ended(child, options);
  const said = collect(child.stderr);
  const fed = feed(input, child.stdin);
  try {
    for await (const chunk of child.stdout) yield chunk as Uint8Array;
    const fault = await fed;
    const error = await exit;
    if (error instanceof TskerError) throw error;
    if (error !== undefined) {
      throw new TskerError('corrupt', `invalid archive: ${(await said).trim() || error.message}`, { cause: error });
    }
    if (fault !== undefined) throw fault;
  } finally {
    child.kill('SIGKILL');
    await exit;
  }
}

function start({ argv: [program, ...words], cwd, env, signal }: ProgramOptions) {
  const stdio: ['pipe', 'pipe', 'pipe'] = ['pipe', 'pipe', 'pipe'];
  return spawn(program, words, {
    cwd,
    env: env ?? { PATH: process.env['PATH'] },
    stdio,
    signal,
    killSignal: 'SIGKILL',
  });
}

/** Why it did not end well; never rejects. */
function ended(child: ChildProcessByStdio<Writable, Readable, Readable>, { argv, signal }: ProgramOptions) {
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  child.on('error', (error: NodeJS.ErrnoException) => resolve(startError(error, { program: argv[0], signal })));
  child.on('close', (code, killed) => {
    if (signal.aborted) resolve(new TskerError('cancelled', `${argv[0]}: cancelled`));
    resolve(code === 0 ? undefined : new Error(`${argv[0]} ended with ${killed ?? `exit status ${code}`}`));
  });
  return promise;
}

function startError(
  error: NodeJS.ErrnoException,
  { program, signal }: { program: string; signal: AbortSignal },
): Error {
  if (signal.aborted) return new TskerError('cancelled', `${program}: cancelled`, { cause: error });
  if (error.code !== 'ENOENT') return error;
  return new TskerError('unsupported', `unable to find '${program}' on the daemon's host`, {
    cause: error,
    hint: `install ${program} there`,
  });
}

async function collect(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) text = (text + String(chunk)).slice(-MAX_SAID);
  return text;
}

/** What was wrong with the input; a program that stopped reading says itself why. */
async function feed(input: AsyncIterable<Uint8Array>, sink: Writable): Promise<unknown> {
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  sink.on('error', () => close());
  sink.on('close', () => close());
  try {
    for await (const chunk of input) {
      if (sink.destroyed) break;
      if (!sink.write(chunk)) await Promise.race([closed, new Promise((resolve) => sink.once('drain', resolve))]);
    }
    sink.end();
    return undefined;
  } catch (error) {
    sink.destroy();
    return error;
  }
}
