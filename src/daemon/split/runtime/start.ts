// A start as dockerd does it: the root file system mounted on the host, the bundle, `create` by way of containerd, the network in the
// namespace of the process that waits, `start`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { undoOps } from '../../../runtime/cgroup/create.ts';
import { changeNetwork } from '../../../runtime/inprocess/network.ts';
import { checkKernelMounts } from '../../../runtime/inprocess/root.ts';
import { during } from '../../../runtime/narration.ts';
import type { ContainerProcess, StartRequest } from '../../../runtime/runtime.ts';
import { INIT } from '../../../types/containerd.ts';
import { messageOf } from '../../../util/errors.ts';
import { bundleSpec } from '../bundle.ts';
import { explainCreate, withExplanation } from '../explain.ts';
import { explainRuntime } from '../failure.ts';
import { mountRoot } from '../root.ts';
import { SPLIT_STEPS } from '../steps.ts';
import { streamPaths } from '../stream-paths.ts';
import { bundleFacts, type SplitContext } from './context.ts';
import { forgetTask } from './forget.ts';
import { processOf } from './process.ts';

/** Throws why there is no such process; then there is no task either. */
export async function startTask(context: SplitContext, request: StartRequest): Promise<ContainerProcess> {
  const { native, containerd, directories, containers, ends } = context;
  const { id, spec, rootfs, stdio, watch } = request;
  const cgroups = await writeBundle(context, request);
  const init = { id, process: INIT };
  const exited = ends.expect(init);
  try {
    const make = () => containerd.call('tasks.create', { id, ...streamPaths(stdio) });
    const { pid } = await during(watch, SPLIT_STEPS.create, () =>
      watch === undefined ? make() : explainCreate(watch, { containerd, directory: directories.of(id), make }),
    );
    containers.set(id, { spec, rootfs, cgroups, pid, pidfd: native.pidfdOpen(pid), running: true });
    const sockets = await during(watch, SPLIT_STEPS.network, () => setUpNetwork(context, request, pid));
    await during(watch, SPLIT_STEPS.start, () => containerd.call('tasks.start', { id }));
    watch?.executed();
    return processOf(context, { ...init, pid, exited, sockets });
  } catch (error) {
    ends.drop(init);
    await abandon(context, id);
    throw explainRuntime({ error, roots: context.local.roots, kind: 'start', rootfs, process: spec.process });
  }
}

/** All that a runtime needs, in the task's directory. */
async function writeBundle(
  context: SplitContext,
  request: StartRequest,
): Promise<ReturnType<SplitContext['cgroupsOf']>> {
  const { native, directories, local, init } = context;
  const { id, spec, rootfs, effects, stdio, watch } = request;
  const cgroups = context.cgroupsOf(spec, id);
  checkKernelMounts(local.roots, rootfs, spec);
  effects.record('cgroup', `/${cgroups.relative}`, undoOps(cgroups));
  const directory = directories.make(id, effects);
  const root = await during(watch, SPLIT_STEPS.mount, () => mountRoot(native, { rootfs, directory, effects }));
  const size = 'terminal' in stdio ? stdio : undefined;
  const bundle = during(watch, SPLIT_STEPS.bundle, () =>
    bundleSpec(
      { spec, root, cgroup: `/${cgroups.relative}`, terminal: size !== undefined, size, init },
      bundleFacts(context, id),
    ),
  );
  const asked = watch === undefined ? bundle : withExplanation(bundle, watch);
  writeFileSync(join(directory, 'config.json'), JSON.stringify(asked), { mode: 0o600 });
  return cgroups;
}

function setUpNetwork(
  context: SplitContext,
  { networkSetup: setup, networkSockets: sockets = 0 }: StartRequest,
  pid: number,
): Promise<readonly number[]> {
  return setup === undefined ? Promise.resolve([]) : changeNetwork(context, pid, { setup, sockets });
}

/** The start has failed, and that is what is told. */
async function abandon(context: SplitContext, id: string): Promise<void> {
  await forgetTask(context, id).catch((error: unknown) => {
    context.log.warn('a task could not be deleted', { container: id, error: messageOf(error) });
  });
}
