// What the split architecture's way to a runtime adds to a start: containerd, and a shim that is made for it. The runtime is one that does
// nothing, and is measured alone too: run twice by a parent of its own, nothing between.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ContainerdConnection } from '../../../src/containerd/client.ts';
import { createWords, pidFileOf, verbWords } from '../../../src/containerd/runtime-command.ts';
import { timeTask } from '../../../src/demo/stage/shim-time.ts';
import { INIT } from '../../../src/types/containerd.ts';
import { tskerCommand } from '../../../test/helpers/daemon.ts';
import { startBackground } from '../../../test/helpers/process.ts';
import { ok } from '../../../test/helpers/run.ts';
import { waitFor } from '../../../test/helpers/wait.ts';
import type { Ground } from '../ground.ts';
import { type Figure, interleaveFigures } from '../measure.ts';
import { type Row, seriesOf } from '../result.ts';

/** Milliseconds that they may add. */
const MOST = 3;
/** A difference of milliseconds takes many. */
const LEAST_ROUNDS = 60;
const SOURCE = join(import.meta.dirname, '../idle-runtime.c');
const NO_TERMINAL = { terminal: false } as const;

export async function shim({ owner, work }: Ground, rounds: number): Promise<Row> {
  const directory = join(work, 'shim');
  const runtime = join(directory, 'runtime');
  const state = join(directory, 'containerd');
  mkdirSync(directory);
  await ok(['musl-gcc', '-std=gnu11', '-O2', '-static', '-o', runtime, SOURCE]);
  const containerd = startBackground([...tskerCommand(), 'containerd', '--state', state, '--', runtime], {
    log: join(directory, 'log'),
  });
  owner.teardown(() => containerd.stop());
  const connection = await waitFor('containerd', () =>
    ContainerdConnection.open(join(state, 'containerd.sock')).catch(() => undefined),
  );
  try {
    const figures = [throughShim(connection, state), alone(runtime, state)];
    const all = await interleaveFigures(figures, { rounds: Math.max(LEAST_ROUNDS, rounds), warmup: 5, unit: 'ms' });
    const [own, reference] = figures.map(({ name }) => seriesOf(all, name));
    if (own === undefined || reference === undefined) throw new Error('there are two');
    return {
      ...{ name: 'create and start through containerd and a new shim', unit: 'ms' },
      ...{ tsker: own.median, reference: reference.median, against: 'the same runtime alone', atMostMore: MOST },
      samples: { tsker: own.samples, reference: reference.samples },
    };
  } finally {
    connection.close();
  }
}

function throughShim(connection: ContainerdConnection, state: string): Figure {
  let round = 0;
  return {
    name: 'shim',
    async measure() {
      const id = `task${round++}`;
      const directory = join(state, 'tasks', id);
      const [stdout, stderr] = [join(directory, 'stdout'), join(directory, 'stderr')];
      mkdirSync(directory);
      await ok(['mkfifo', stdout, stderr]);
      const time = await timeTask(connection, id, { ...NO_TERMINAL, stdin: '-', stdout, stderr });
      rmSync(directory, { recursive: true });
      return time;
    },
  };
}

/** With the same words. */
function alone(runtime: string, state: string): Figure {
  return {
    name: 'alone',
    async measure() {
      const cwd = join(state, 'alone');
      mkdirSync(cwd);
      const words = [...createWords('alone', NO_TERMINAL), '--', ...verbWords('start', 'alone')];
      const time = Number(await ok([runtime, 'time', ...words], { cwd }));
      process.kill(Number(readFileSync(join(cwd, pidFileOf(INIT)), 'utf8')), 'SIGKILL');
      rmSync(cwd, { recursive: true });
      return time;
    },
  };
}
