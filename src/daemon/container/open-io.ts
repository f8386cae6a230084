// Which streams a container or an exec gets: a terminal or pipes. Where they lead through others (split/streams.ts) somebody else
// makes them.
import type { Sink } from '../../native/output-requests.ts';
import type { Effects } from '../../runtime/runtime.ts';
import type { Io, IoNative, IoRequest, TerminalSize } from './io.ts';
import { PipeIo } from './pipe-io.ts';
import type { ContainerRecord } from './record.ts';
import { TerminalIo } from './terminal-io.ts';

export interface IoOpening {
  readonly native: IoNative;
  readonly sinks: readonly Sink[];
  readonly onLogLost: NonNullable<IoRequest['onLogLost']>;
  /** Of the run. */
  readonly effects: Effects;
}

export interface ExecIoRequest extends IoRequest {
  /** A terminal of this size; absent: pipes. */
  readonly size?: TerminalSize;
}

export interface StreamMaker {
  ofContainer(record: ContainerRecord, opening: IoOpening): Io | Promise<Io>;
  ofExec(request: ExecIoRequest): Io;
}

/** Of processes that are our children. */
export const OWN_STREAMS: StreamMaker = {
  ofContainer: ({ config, hostConfig }, opening) => {
    const request = { ...opening, openStdin: config.OpenStdin };
    if (!config.Tty) return new PipeIo(request);
    const [rows, columns] = hostConfig.ConsoleSize;
    return new TerminalIo({ ...request, size: { rows, columns } });
  },
  ofExec: ({ size, ...request }) => (size === undefined ? new PipeIo(request) : new TerminalIo({ ...request, size })),
};
