// docker exec -d: the program is started and nobody is connected to it.
import { closeSync, constants, openSync } from 'node:fs';
import type { ExecStartOptions } from '../../api/exec/backend.ts';
import type { ContainerProcess } from '../../runtime/runtime.ts';
import type { IoNative } from '../container/io.ts';
import type { StreamMaker } from '../container/open-io.ts';
import { explainExec } from '../explain/exec.ts';
import { requireActive } from './active.ts';
import type { Exec } from './exec.ts';
import { type LaunchDependencies, type LaunchRequest, launchExec } from './launch.ts';

export interface StartExecDependencies extends LaunchDependencies {
  readonly native: IoNative;
  readonly streams: Pick<StreamMaker, 'ofExec'>;
}

/** Resolves when it runs. Throws `conflict` when it was started before or its container takes no execs. */
export async function startExec(
  dependencies: StartExecDependencies,
  exec: Exec,
  options: ExecStartOptions,
): Promise<void> {
  requireActive(exec.container);
  exec.claim();
  const size = options.size ?? exec.config.size;
  await explainExec(exec, options.asked, async (recorder) => {
    const start = exec.config.tty ? startInTerminal : startInBackground;
    return { process: await start(dependencies, exec, { size, recorder }) };
  });
}

type Wish = Pick<LaunchRequest, 'size' | 'recorder'>;

async function startInBackground(
  dependencies: StartExecDependencies,
  exec: Exec,
  wish: Wish,
): Promise<ContainerProcess> {
  const none = openSync('/dev/null', constants.O_RDWR);
  try {
    return await launchExec(dependencies, exec, { stdio: { stdin: none, stdout: none, stderr: none }, ...wish });
  } finally {
    closeSync(none);
  }
}

/** Its output has to be read all the same: a terminal that nobody reads stops its program. */
async function startInTerminal(dependencies: StartExecDependencies, exec: Exec, wish: Wish): Promise<ContainerProcess> {
  const { native, streams } = dependencies;
  const io = streams.ofExec({ native, sinks: [], openStdin: false, size: wish.size });
  try {
    const process = await launchExec(dependencies, exec, { stdio: io.stdio, io, ...wish });
    void process.exited.then(() => io.exited());
    return process;
  } catch (error) {
    io.abandon();
    throw error;
  }
}
