// What containerd and a new shim add to a start: a containerd of its own with a runtime that does nothing, and beside it the same two
// commands of that runtime, run by a shell with nothing between. The runtime is a few lines of a shell, so that no compiler is needed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ContainerdConnection } from '../../containerd/client.ts';
import { INIT, type StreamPaths } from '../../types/containerd.ts';
import { TskerError } from '../../util/errors.ts';
import { ownCommand } from '../../util/own-command.ts';
import { median } from '../measure.ts';
import { until } from './wait.ts';

/** Its process ends by itself, in case nobody ends it. */
const RUNTIME = `#!/bin/sh
verb= file=init.pid
while [ $# -gt 0 ]; do
  case $1 in --pid-file) file=$2 ;; create | delete) verb=$1 ;; esac
  shift
done
case $verb in
create) sleep 5 </dev/null >/dev/null 2>&1 & echo $! >"$file" ;;
delete) read pid <init.pid && kill -9 "$pid" ;;
esac
`;

/** $1: the runtime. $2: how often. */
const ALONE = `i=0
while [ $i -lt $2 ]; do
  "$1" create --pid-file init.pid && "$1" start || exit 1
  read pid <init.pid && kill -9 "$pid"
  i=$((i + 1))
done`;

/** Rounds in turns: a slow moment is to hit both. */
const TURNS = 5;
const ROUNDS = 4;
const NO_STREAMS: StreamPaths = { terminal: false, stdin: '-', stdout: '-', stderr: '-' };

export interface ShimTime {
  /** Milliseconds from the request of `create` to the answer of `start`. */
  readonly through: number;
  /** Of the runtime's own two commands. */
  readonly alone: number;
}

/** `directory` is made, and taken away; `environment` marks whose the processes are. */
export async function shimTime(directory: string, environment: NodeJS.ProcessEnv): Promise<ShimTime> {
  const [runtime, state] = [join(directory, 'runtime'), join(directory, 'containerd')];
  mkdirSync(directory, { mode: 0o700 });
  writeFileSync(runtime, RUNTIME, { mode: 0o700 });
  const [program, ...words] = [...ownCommand(), 'containerd', '--state', state, '--', runtime];
  const containerd = spawn(program ?? '', words, { env: environment, detached: true, stdio: 'ignore' });
  const ended = once(containerd, 'exit');
  try {
    return await compare(await connect(containerd, join(state, 'containerd.sock')), { state, runtime, directory });
  } finally {
    containerd.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  }
}

function connect(containerd: ChildProcess, socket: string): Promise<ContainerdConnection> {
  return until('containerd answers', () => {
    if (containerd.exitCode !== null) throw new TskerError('unavailable', 'containerd did not start');
    return ContainerdConnection.open(socket).catch(() => undefined);
  });
}

interface Places {
  readonly state: string;
  readonly runtime: string;
  readonly directory: string;
}

async function compare(connection: ContainerdConnection, { state, runtime, directory }: Places): Promise<ShimTime> {
  const [through, alone]: [number[], number[]] = [[], []];
  try {
    for (let turn = 0; turn < TURNS; turn++) {
      for (let round = 0; round < ROUNDS; round++) {
        const id = `t${turn}x${round}`;
        mkdirSync(join(state, 'tasks', id));
        through.push(await timeTask(connection, id, NO_STREAMS));
      }
      const begun = performance.now();
      const shell = spawn('/bin/sh', ['-c', ALONE, 'sh', runtime, String(ROUNDS)], { cwd: directory, stdio: 'ignore' });
      const [code] = (await once(shell, 'exit')) as [number | null];
      if (code !== 0) throw new TskerError('unavailable', 'a runtime that does nothing did not do it');
      alone.push((performance.now() - begun) / ROUNDS);
    }
  } finally {
    connection.close();
  }
  return { through: median(through), alone: median(alone) };
}

/** Milliseconds from the request of `create` to the answer of `start`, of a task whose directory is there. It is deleted behind that. */
export async function timeTask(connection: ContainerdConnection, id: string, streams: StreamPaths): Promise<number> {
  const begun = performance.now();
  await connection.call('tasks.create', { id, ...streams });
  await connection.call('tasks.start', { id });
  const time = performance.now() - begun;
  await connection.call('tasks.delete', { id, process: INIT });
  return time;
}
