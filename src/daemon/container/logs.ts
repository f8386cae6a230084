// docker logs: of a container that runs from its log, of any other from what that has left.
import type { LogOptions, LogReading } from '../../api/container/backend.ts';
import { readStoredLog, requireReadable } from '../logging/container-log.ts';
import type { Container } from './container.ts';
import type { ContainerDirectories } from './files.ts';

export interface LogDependencies {
  readonly directories: Pick<ContainerDirectories, 'place'>;
}

/** Throws when the container keeps no log. */
export function readContainerLogs(
  { directories }: LogDependencies,
  container: Container,
  options: LogOptions,
): LogReading {
  const { config, hostConfig } = container.record;
  const stored = { config: hostConfig.LogConfig, place: directories.place(container.id) };
  // Before the client is answered: the status of its answer says it.
  requireReadable(stored);
  return {
    tty: config.Tty,
    read: (signal) => container.run?.log.read(options, signal) ?? readStoredLog(stored, options, signal),
  };
}
