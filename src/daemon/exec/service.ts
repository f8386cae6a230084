// The exec verbs behind the API: finds the container or the exec, calls the verb. It decides nothing.
import type { ExecBackend } from '../../api/exec/backend.ts';
import type { ContainerStore } from '../container/store.ts';
import { type AttachExecDependencies, attachExec } from './attach.ts';
import { type CreateExecDependencies, createExec } from './create.ts';
import { inspectExec } from './inspect.ts';
import { resizeExec } from './resize.ts';
import { type StartExecDependencies, startExec } from './start.ts';

export type ExecServiceDependencies = AttachExecDependencies &
  CreateExecDependencies &
  StartExecDependencies & { readonly containers: ContainerStore };

export function execService(dependencies: ExecServiceDependencies): ExecBackend {
  const { containers, execs } = dependencies;
  return {
    createExec: (reference, request) =>
      createExec(dependencies, containers.resolve(reference), { reference, request }).id,
    startExec: async (id, options) => startExec(dependencies, execs.get(id), options),
    attachExec: (id, options) => attachExec(dependencies, execs.get(id), options),
    inspectExec: (id) => inspectExec(execs.get(id)),
    resizeExec: async (id, size) => resizeExec(execs.get(id), size),
  };
}
