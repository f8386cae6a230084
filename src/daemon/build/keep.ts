// --debug: the container of a RUN that failed becomes one like any other, ended with its code, so that one can start it,
// look into it and remove it.
import type { RunRequest } from '../../builder/host.types.ts';
import { type Clock, formatTime } from '../clock.ts';
import { makeName } from '../container/names.ts';
import type { ContainerStore } from '../container/store.ts';
import { type RunDependencies, recordOf } from './run.ts';

export interface KeepRequest {
  readonly id: string;
  readonly request: RunRequest;
  /** Of the state before the step. */
  readonly imageId: string;
}

/** Answers the name it was given. */
export type KeepContainer = (request: KeepRequest) => Promise<string>;

export interface KeepDependencies extends Pick<RunDependencies, 'host' | 'clock'> {
  readonly clock: Clock;
  readonly containers: Pick<ContainerStore, 'hasName' | 'insert' | 'reserveName'>;
  readonly driverName: string;
}

export function keepContainer(dependencies: KeepDependencies): KeepContainer {
  const { containers, clock, driverName } = dependencies;
  return async ({ id, request, imageId }) => {
    const record = recordOf(dependencies, id, request);
    const name = makeName((one) => containers.hasName(one));
    using _name = containers.reserveName(name, id);
    const now = formatTime(clock());
    containers.insert({
      ...record,
      name,
      imageId,
      driver: driverName,
      state: { ...record.state, status: 'exited', exitCode: 1, startedAt: now, finishedAt: now },
    });
    return name;
  };
}
