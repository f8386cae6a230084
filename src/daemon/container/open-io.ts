// Which streams a container gets: a terminal or pipes, a log or none.
import type { Io, IoNative } from './io.ts';
import { PipeIo } from './pipe-io.ts';
import type { ContainerRecord } from './record.ts';
import { TerminalIo } from './terminal-io.ts';

export function openIo(native: IoNative, { config, hostConfig }: ContainerRecord, logFile: string): Io {
  const logPath = hostConfig.LogConfig.Type === 'none' ? undefined : logFile;
  const request = { native, logPath, openStdin: config.OpenStdin };
  if (!config.Tty) return new PipeIo(request);
  const [rows, columns] = hostConfig.ConsoleSize;
  return new TerminalIo({ ...request, size: { rows, columns } });
}
