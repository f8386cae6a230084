// exec of `true` in a running container through the API, by a client that takes next to no time itself (exec-client.c): create,
// start attached, wait for the end of its output, ask for the exit code.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { ok } from '../../../test/helpers/run.ts';
import type { Engine, Ground } from '../ground.ts';
import { type Figure, interleaveFigures } from '../measure.ts';
import { compared, type Row } from '../result.ts';

const SOURCE = join(import.meta.dirname, '../exec-client.c');

export async function exec({ engines, image, work }: Ground, rounds: number): Promise<Row[]> {
  const program = join(work, 'exec-client');
  await ok(['musl-gcc', '-std=gnu11', '-O2', '-static', '-o', program, SOURCE]);
  const sleepers = await Promise.all(engines.map((engine) => sleeper(engine, image)));
  const clients = engines.map(
    ({ name, api }, index) => new ExecClient(name, [program, api.socket, sleepers[index] ?? '']),
  );
  try {
    const series = await interleaveFigures(clients, { rounds: rounds * 2, warmup: 3, unit: 'ms' });
    return compared('exec of true, API', series, { command: 'exec', atMost: 0.1 });
  } finally {
    await Promise.all(clients.map((client) => client.end()));
    for (const [index, { api }] of engines.entries()) {
      await api.call('DELETE', `/containers/${sleepers[index]}?force=1`);
    }
  }
}

async function sleeper({ api }: Engine, image: string): Promise<string> {
  const body = { Image: image, Cmd: ['sleep', '3600'], HostConfig: { NetworkMode: 'none' } };
  const { Id } = (await api.call('POST', '/containers/create', body)) as { Id: string };
  await api.call('POST', `/containers/${Id}/start`);
  return Id;
}

/** Runs for all rounds: it connects and measures by itself, and is told only when. */
class ExecClient implements Figure {
  readonly name: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;

  constructor(name: string, [program = '', ...words]: readonly string[]) {
    this.name = name;
    this.#child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async measure(): Promise<number> {
    this.#child.stdin.write('\n');
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`the client of ${this.name} has ended`);
    return Number(value) / 1000;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.stdin.end();
    await once(this.#child, 'exit');
  }
}
