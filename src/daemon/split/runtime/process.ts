// A process that is somebody else's child, as the daemon has it: signals, its terminal's size and the end of its input are asked of
// containerd.
import type { ExitStatus } from '../../../native/native.ts';
import type { ContainerProcess, ProcessControl } from '../../../runtime/runtime.ts';
import { type SplitContext, settle } from './context.ts';
import type { Named } from './ends.ts';
import { signalProcess } from './signal.ts';

export interface Made extends Named {
  readonly pid: number;
  readonly exited: Promise<ExitStatus>;
  readonly sockets: readonly number[];
}

export function processOf(context: SplitContext, made: Made): ContainerProcess {
  const { pid, exited, sockets } = made;
  return {
    ...{ pid, exited, sockets, terminal: undefined },
    control: controlOf(context, made),
    signal: (signal) => {
      if (!context.ends.isExpected(made)) return false;
      if (signal !== 0) signalProcess(context, made, signal);
      return true;
    },
  };
}

function controlOf(context: SplitContext, { id, process }: Named): ProcessControl {
  const { containerd, ends } = context;
  const lives = (): boolean => ends.isExpected({ id, process });
  return {
    resize: async ({ rows, columns }) => {
      if (lives()) await settle(context, 'resize', containerd.call('tasks.resize', { id, process, rows, columns }));
    },
    closeStdin: () => {
      if (lives()) void settle(context, 'closing stdin', containerd.call('tasks.closeStdin', { id, process }));
    },
  };
}
