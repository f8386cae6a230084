// Which streams a container gets: a terminal or pipes.
import type { Sink } from '../../native/output-requests.ts';
import type { Io, IoNative, IoRequest } from './io.ts';
import { PipeIo } from './pipe-io.ts';
import type { ContainerRecord } from './record.ts';
import { TerminalIo } from './terminal-io.ts';

export interface IoOpening {
  readonly native: IoNative;
  readonly sinks: readonly Sink[];
  readonly onLogLost: NonNullable<IoRequest['onLogLost']>;
}

export function openIo({ config, hostConfig }: ContainerRecord, opening: IoOpening): Io {
  const request = { ...opening, openStdin: config.OpenStdin };
  if (!config.Tty) return new PipeIo(request);
  const [rows, columns] = hostConfig.ConsoleSize;
  return new TerminalIo({ ...request, size: { rows, columns } });
}
