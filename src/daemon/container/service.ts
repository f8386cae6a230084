// The container verbs behind the API: finds the container, calls the verb. It decides nothing.
import type { ContainerBackend } from '../../api/container/backend.ts';
import { type ArchiveDependencies, placeContainerArchive, readContainerArchive, statContainerPath } from './archive.ts';
import { type AttachDependencies, attachContainer } from './attach.ts';
import { type ChangesDependencies, containerChanges } from './changes.ts';
import { type CreateDependencies, createContainer } from './create.ts';
import { type ExportDependencies, exportContainer, exportToHostFile } from './export.ts';
import { placeHostTree } from './host-copy.ts';
import { takeToHost } from './host-take.ts';
import { type InspectDependencies, inspectContainer } from './inspect.ts';
import { type KillDependencies, killContainer } from './kill.ts';
import { type ListDependencies, listContainers } from './list.ts';
import { readContainerLogs } from './logs.ts';
import { pauseContainer } from './pause.ts';
import { type PruneDependencies, pruneContainers } from './prune.ts';
import { type RemoveDependencies, removeContainer } from './remove.ts';
import { renameContainer } from './rename.ts';
import { resizeContainer } from './resize.ts';
import { restartContainer } from './restart.ts';
import { type StartDependencies, startContainer } from './start.ts';
import { readStats, type StatsDependencies } from './stats.ts';
import { stopContainer } from './stop.ts';
import { type TopDependencies, topContainer } from './top.ts';
import { unpauseContainer } from './unpause.ts';
import { type UpdateDependencies, updateContainer } from './update.ts';
import { waitForContainer } from './wait.ts';

export type ServiceDependencies = ArchiveDependencies &
  AttachDependencies &
  ChangesDependencies &
  CreateDependencies &
  ExportDependencies &
  InspectDependencies &
  KillDependencies &
  ListDependencies &
  PruneDependencies &
  RemoveDependencies &
  StartDependencies &
  StatsDependencies &
  TopDependencies &
  UpdateDependencies;

export function containerService(dependencies: ServiceDependencies): ContainerBackend {
  const { containers, events } = dependencies;
  const find = (reference: string) => containers.resolve(reference);
  return {
    create: (options) => createContainer(dependencies, options),
    start: async (reference) => startContainer(dependencies, find(reference)),
    stop: async (reference, options) => stopContainer(dependencies, find(reference), options),
    kill: async (reference, signal) => killContainer(dependencies, find(reference), { reference, signal }),
    restart: async (reference, options) => restartContainer(dependencies, find(reference), options),
    rename: (reference, name) => renameContainer(dependencies, find(reference), name),
    prune: (filters) => pruneContainers(dependencies, filters),
    pause: async (reference) => pauseContainer(dependencies, find(reference)),
    unpause: async (reference) => unpauseContainer(dependencies, find(reference)),
    update: async (reference, request) => updateContainer(dependencies, find(reference), request),
    remove: async (reference, options) => removeContainer(dependencies, find(reference), options),
    wait: (reference, condition) => waitForContainer(find(reference), condition),
    list: (options) => listContainers(dependencies, options),
    inspect: async (reference, options) => inspectContainer(dependencies, find(reference), options),
    top: async (reference, psArguments) => topContainer(dependencies, find(reference), psArguments),
    logs: (reference, options) => readContainerLogs(dependencies, find(reference), options),
    attach: (reference, options) => attachContainer(dependencies, find(reference), options),
    stats: (reference, options) => readStats(dependencies, find(reference), options),
    statPath: async (reference, path) => statContainerPath(dependencies, find(reference), { reference, path }),
    readArchive: async (reference, options) =>
      readContainerArchive(dependencies, find(reference), { reference, ...options }),
    placeArchive: async (reference, path, upload) =>
      placeContainerArchive(dependencies, find(reference), { reference, path, ...upload }),
    placeHostTree: async (reference, path, copy) =>
      placeHostTree(dependencies, find(reference), { reference, path, ...copy }),
    takeToHost: async (reference, path, take) =>
      takeToHost(dependencies, find(reference), { reference, path, ...take }),
    exportTree: async (reference, signal) => exportContainer(dependencies, find(reference), signal),
    exportToHostFile: async (reference, options) => exportToHostFile(dependencies, find(reference), options),
    changes: async (reference) => containerChanges(dependencies, find(reference)),
    resize: async (reference, size) => resizeContainer(events, find(reference), size),
  };
}
