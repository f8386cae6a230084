// Which streams a container gets: a terminal or pipes.
import type { Sink } from '../../native/native.ts';
import type { Io, IoNative } from './io.ts';
import { PipeIo } from './pipe-io.ts';
import type { ContainerRecord } from './record.ts';
import { TerminalIo } from './terminal-io.ts';

export function openIo(native: IoNative, { config, hostConfig }: ContainerRecord, sinks: readonly Sink[]): Io {
  const request = { native, sinks, openStdin: config.OpenStdin };
  if (!config.Tty) return new PipeIo(request);
  const [rows, columns] = hostConfig.ConsoleSize;
  return new TerminalIo({ ...request, size: { rows, columns } });
}
