// Being attached to a container from its start, or from now, to its end: connect, wait, start, copy, resize, forward
// signals, and answer its exit code. `run`, `start -a` and `attach` are this with different beginnings.
import type { ApiClient } from '../../client/client.ts';
import type { AnswerBody } from '../../client/http/answer-body.ts';
import { readJson } from '../../client/read-body.ts';
import type { WaitCondition, WaitResponse } from '../../types/container.ts';
import { TskerError } from '../../util/errors.ts';
import type { Io } from '../io.ts';
import { copyOutput } from '../output/copy.ts';
import { containerPath } from '../targets.ts';
import { type InputPump, pumpInput } from './input.ts';
import { followSize } from './resize.ts';
import { proxySignals } from './signals.ts';

export interface SessionOptions {
  readonly client: ApiClient;
  readonly io: Io;
  /** Id or name. */
  readonly container: string;
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly detachKeys: string | undefined;
  readonly proxySignals: boolean;
  readonly waitFor: WaitCondition;
  /** Called when nothing of the output can be missed any more. */
  readonly start?: () => Promise<unknown>;
  /** What the container writes is shown when the start is over: until then the terminal belongs to its explanation. */
  readonly outputAfterStart?: boolean;
}

/** The exit code, or that the user left. */
export async function runSession(options: SessionOptions): Promise<number | 'detached'> {
  const { client, container, io } = options;
  // Neither needs the other's answer, and both must stand before the start: attach for the first byte of the output,
  // wait for a container that ends at once.
  const [connection, waiting] = await Promise.all([
    client.hijack(containerPath(container, 'attach'), { query: attachQuery(options) }),
    client.request('POST', containerPath(container, 'wait'), { query: { condition: options.waitFor } }),
  ]);
  const copy = (): Promise<void> => {
    const copied = copyOutput(connection.stream, { io, multiplexed: !options.tty }).catch(endedByHangup);
    // It may fail while the start is still under way; whoever awaits it below is told.
    copied.catch(() => undefined);
    return copied;
  };
  connection.stream.on('error', () => undefined);
  const early = options.outputAfterStart === true ? undefined : copy();
  const undo: (() => void)[] = [];
  try {
    if (options.proxySignals) undo.push(proxySignals({ client, io, container }));
    await options.start?.();
    const ended = early ?? copy();
    if (options.tty) undo.push(followSize(client, containerPath(container, 'resize'), io.stdout));
    const input: InputPump | undefined = options.stdin
      ? pumpInput(io.stdin, connection.stream, { tty: options.tty, detachKeys: options.detachKeys })
      : undefined;
    if (input !== undefined) undo.push(() => input.restore());
    const left = await Promise.race([
      ended.then(() => false),
      ...(input === undefined ? [] : [input.detached.then(() => true)]),
    ]);
    return left ? 'detached' : await exitCodeOf(waiting.body);
  } finally {
    for (const act of undo.reverse()) act();
    connection.stream.destroy();
    waiting.body.discard();
  }
}

function attachQuery({
  stdin,
  stdout,
  stderr,
  detachKeys,
}: SessionOptions): Record<string, string | boolean | undefined> {
  return {
    stream: true,
    stdin: stdin || undefined,
    stdout: stdout || undefined,
    stderr: stderr || undefined,
    detachKeys,
  };
}

/** A program that ends without reading its input leaves us writing to nobody: its output is complete all the same. */
function endedByHangup(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') throw error;
}

async function exitCodeOf(body: AnswerBody): Promise<number> {
  const result = await readJson<WaitResponse>(body, 'the wait for a container');
  const message = result.Error?.Message ?? '';
  if (message !== '') throw new TskerError('internal', message);
  return result.StatusCode;
}
