// Where a container's log is on the disk, and how it is divided into files: for the one who writes it and for those who read
// it when the container does not run. Pure.
import { join } from 'node:path';
import type { LogConfig } from '../../types/container-config.ts';
import { type LogOptions, optionsOf, type Rotation, readJsonFileRotation, readLocalRotation } from './driver.ts';
import { parseBoolean } from './values.ts';

export interface ContainerPlace {
  readonly id: string;
  /** The container's own directory. */
  readonly directory: string;
}

/** The file that is written; older ones have numbers behind its name. Undefined: lines are not kept on this host. */
export function logPathOf(config: LogConfig, { id, directory }: ContainerPlace): string | undefined {
  switch (config.Type) {
    case 'json-file':
      return join(directory, `${id}-json.log`);
    case 'local':
      return join(directory, 'local-logs', 'container.log');
    case 'syslog':
      return hasCache(optionsOf(config)) ? join(directory, 'container-cached.log') : undefined;
    default:
      return undefined;
  }
}

/** What inspect tells as LogPath: the file that others may read, in Docker's form. */
export function shownLogPath(config: LogConfig, place: ContainerPlace): string {
  return config.Type === 'json-file' ? (logPathOf(config, place) ?? '') : '';
}

/** Throws what is wrong with the options' values. */
export function rotationOf(config: LogConfig): Rotation {
  const options = optionsOf(config);
  if (config.Type === 'json-file') return readJsonFileRotation(options);
  return readLocalRotation(options, config.Type === 'local' ? '' : 'cache-');
}

function hasCache({ 'cache-disabled': disabled = '' }: LogOptions): boolean {
  return disabled === '' || !parseBoolean(disabled);
}
