// The log of a run, made from the container's record. What a log is, the folder logging knows.
import type { Native } from '../../native/native.ts';
import { messageOf } from '../../util/errors.ts';
import type { Logger } from '../../util/log.ts';
import { type ContainerLog, openContainerLog } from '../logging/container-log.ts';
import type { LogInfo } from '../logging/info.ts';
import type { ContainerDirectories } from './files.ts';
import type { Io } from './io.ts';
import type { ContainerRecord } from './record.ts';

export interface LogOpening {
  readonly native: Native;
  readonly directories: Pick<ContainerDirectories, 'place'>;
  readonly host: { readonly hostname: string };
  readonly log: Logger;
}

/** Throws what Docker says when a driver cannot be initialized. */
export function openLog(
  { native, directories, host, log }: LogOpening,
  record: ContainerRecord,
): Promise<ContainerLog> {
  return openContainerLog({
    config: record.hostConfig.LogConfig,
    place: directories.place(record.id),
    info: infoOf(record, host.hostname),
    native,
    log,
  });
}

/**
 * After the output's end, however the run came to it: not at the end of the program, which others may outlive that hold its
 * streams. Nobody waits: a syslog server that does not answer has ten seconds.
 */
export function closeLogAfter(
  io: Io,
  opened: ContainerLog,
  { log, id }: { readonly log: Logger; readonly id: string },
): void {
  io.finished
    .then(() => opened.close())
    .catch((error: unknown) => log.error('a log could not be closed', { container: id, error: messageOf(error) }));
}

function infoOf({ id, name, imageId, path, args, config }: ContainerRecord, hostname: string): LogInfo {
  const { Image: imageName, Env: env, Labels: labels } = config;
  return { id, name, imageId, imageName, path, args, env: env ?? [], labels: labels ?? {}, hostname };
}
