// The split architecture's part of the daemon's start: containerd under supervision, and what of the daemon before us lives on.
import { join } from 'node:path';
import type { Native } from '../../native/native.ts';
import type { HostRuntime } from '../../runtime/host-runtime.ts';
import type { Db } from '../../store/database.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { TaskInfo } from '../../types/containerd.ts';
import { messageOf } from '../../util/errors.ts';
import type { Logger } from '../../util/log.ts';
import { ownCommand } from '../../util/own-command.ts';
import type { Container } from '../container/container.ts';
import { isRunOwner } from '../container/effects.ts';
import { isAlive } from '../container/state.ts';
import type { DaemonConfig } from '../options.ts';
import { Containerd } from './containerd.ts';
import { ExecFiles } from './exec-files.ts';
import { type ReviveDependencies, revive } from './revive.ts';
import { SplitRuntime } from './runtime.ts';
import { runtimeCommand } from './runtime-command.ts';
import { SplitStreams } from './streams.ts';
import { Supervisor, socketIn } from './supervisor.ts';
import { findSurvivors } from './survivors.ts';
import { TaskDirectories } from './task-directory.ts';

export interface SplitParts {
  readonly config: DaemonConfig;
  readonly native: Native;
  /** The shim's executable. */
  readonly shim: string;
  readonly db: Db;
  readonly ledger: Ledger;
  readonly log: Logger;
  readonly held: AsyncDisposableStack;
  /** The process is to end as soon as all is given back, whatever is left over. */
  readonly leave: () => void;
}

export interface Split {
  readonly streams: SplitStreams;
  /** Of execs, which live on as well. */
  readonly journal: ExecFiles;
  /** What runs that another daemon has started, by container. */
  readonly survivors: ReadonlyMap<string, TaskInfo>;
  /** Something runs, or is to be undone by the next daemon. */
  livesOn(): boolean;
  openRuntime(local: HostRuntime): HostRuntime;
  revival(dependencies: Omit<ReviveDependencies, 'streams' | 'journal' | 'runtime' | 'tasks'>): {
    readonly revive: (container: Container) => Promise<boolean>;
  };
  /** An orderly end that ends no container: its log has all that was read, and the rest waits in its FIFOs. */
  leaveAll(dependencies: { readonly containers: { list(): readonly Container[] } }): Promise<void>;
}

export async function openSplit({ config, native, shim, db, ledger, log, held, leave }: SplitParts): Promise<Split> {
  const state = join(config.execRoot, 'containerd');
  const socket = socketIn(state);
  const livesOn = (): boolean => ledger.owners().some(isRunOwner);
  held.defer(() => {
    if (livesOn()) leave();
  });
  const supervisor = new Supervisor({
    ...{ native, socket, log },
    command: [...ownCommand(), 'containerd', '--state', state, '--', ...runtimeCommand(config.runtime)],
  });
  held.defer(() => supervisor.close());
  const containerd = new Containerd(socket, log);
  held.defer(() => containerd.close());
  const directories = new TaskDirectories(state);
  const streams = new SplitStreams({ native, directories });
  const journal = new ExecFiles(directories);
  const survivors = await findSurvivors({ containerd, db, log });
  const init = config.runtime === 'tsker' ? undefined : shim;
  let runtime: SplitRuntime | undefined;
  return {
    streams,
    journal,
    survivors,
    livesOn,
    openRuntime: (local) => {
      runtime = new SplitRuntime({ native, containerd, directories, local, init, log });
      return runtime;
    },
    revival: (dependencies) => ({
      revive: async (container) => {
        const task = survivors.get(container.id);
        if (task === undefined || runtime === undefined) return false;
        return revive({ ...dependencies, streams, journal, runtime, tasks: directories }, container, task);
      },
    }),
    leaveAll: async ({ containers }) => {
      const alive = containers.list().filter(({ record }) => isAlive(record.state.status));
      if (alive.length > 0) log.info('containers run on', { count: alive.length });
      await Promise.all(alive.map(({ io }) => io?.park())).catch((error: unknown) => {
        log.warn('not every log is complete', { error: messageOf(error) });
      });
    },
  };
}
