// Start of a container by the in-process runtime: gather facts, write down the effects, compile, spawn, wait.
import { existsSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RootfsMount } from '../../graphdriver/driver.ts';
import { NETLINK_ROUTE, O_DIRECTORY, O_RDONLY } from '../../native/linux.ts';
import type { Native, OpTrace, Spawned } from '../../native/native.ts';
import type { Op } from '../../native/ops.ts';
import { cgroupOps, undoOps } from '../cgroup/create.ts';
import { prepareParents } from '../cgroup/parents.ts';
import { type ContainerCgroups, containerCgroups } from '../cgroup/paths.ts';
import { hasCgroupFile } from '../cgroup/probe.ts';
import { cgroupView } from '../cgroup/view.ts';
import { during, RUNTIME_STEPS, type StartWatch } from '../narration.ts';
import { NAMESPACE_FLAGS, type NamespacePlan, planNamespaces } from '../plan/namespaces.ts';
import { compileStart } from '../plan/start.ts';
import type { StartRequest } from '../runtime.ts';
import type { NamespaceType } from '../spec.ts';
import { type Container, directoryMode, maskKind, processFacts, type RuntimeContext } from './context.ts';
import {
  type Descriptors,
  dropTerminal,
  type PreparedStdio,
  passToProgram,
  prepareStdio,
  takeTerminal,
} from './descriptors.ts';
import { explainStart } from './explain.ts';
import { Holding } from './hold.ts';
import { deviceSource, sourceKind } from './host-facts.ts';
import { type PacedPlan, pacePlan } from './pace.ts';
import { checkKernelMounts, mountPointParent, type PreparedRoot, rootForUserNamespace } from './root.ts';
import { SocketArrivals } from './sockets.ts';
import { readTree } from './tree.ts';
import { admit, namespaceNetworkOps, ownStdio, setUpHostNetwork, writeMaps } from './userns.ts';

const SIGKILL = 9;
const ATTEMPTS = 4;
const TAKEN_AWAY = 'another engine has taken the parents of its cgroups away meanwhile';

export interface Started {
  readonly container: Container;
  readonly terminal: number | undefined;
  readonly sockets: readonly number[];
}

/** What a start has before its first attempt. */
interface Prepared {
  readonly context: RuntimeContext;
  readonly request: StartRequest;
  readonly namespaces: NamespacePlan;
  readonly cgroups: ContainerCgroups;
  readonly rootfs: PreparedRoot;
}

/** One start under way. */
interface Attempt extends Omit<Prepared, 'rootfs'> {
  readonly rootfs: RootfsMount;
  readonly stdio: PreparedStdio;
  /** Where the sockets of the network set-up arrive. */
  readonly arrivals: SocketArrivals;
  readonly holding: Holding | undefined;
}

/**
 * Its filter must be prepared. Engines share the parents of their cgroups, and one that stops takes away what is empty: at
 * worst between our making the parents and the helper making the container's own. Nothing else of the start has happened by then.
 */
export async function startContainer(context: RuntimeContext, request: StartRequest): Promise<Started> {
  const { spec, id, effects } = request;
  const cgroups = containerCgroups(context.layout, spec.linux.cgroupsPath, id);
  checkKernelMounts(context.roots, request.rootfs, spec);
  effects.record('cgroup', `/${cgroups.relative}`, undoOps(cgroups));
  const namespaces = planNamespaces(spec);
  const rootfs = namespaces.user
    ? await rootForUserNamespace(context, request)
    : { mount: request.rootfs, release: () => Promise.resolve() };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptStart({ context, request, namespaces, cgroups, rootfs });
    } catch (error) {
      if (attempt === ATTEMPTS || hasItsParents(cgroups)) throw error;
      request.watch?.tell({ topic: 'again', data: { attempt: attempt + 1, attempts: ATTEMPTS, reason: TAKEN_AWAY } });
    }
  }
}

function hasItsParents({ directories }: ContainerCgroups): boolean {
  return directories.every(({ path }) => existsSync(dirname(path)));
}

async function attemptStart({ context, request, namespaces, cgroups, rootfs }: Prepared): Promise<Started> {
  const { spec } = request;
  const stdio = prepareStdio(context.native, request.stdio, context.nullFd);
  if (namespaces.user) ownStdio(request.stdio, spec.linux, spec.process.user);
  using arrivals = new SocketArrivals(context.native, stdio.descriptors, request.networkSockets ?? 0);
  using holding = request.hold === undefined ? undefined : new Holding(context.native, stdio.descriptors, request.hold);
  const attempt = { context, request, namespaces, cgroups, rootfs: rootfs.mount, stdio, arrivals, holding };
  let process: Spawned;
  let plan: readonly Op[];
  try {
    ({ process, plan } = await spawn(attempt));
  } catch (error) {
    dropTerminal(context.native, stdio.terminal);
    throw error;
  } finally {
    stdio.descriptors[Symbol.dispose]();
  }
  const terminal = await settle(attempt, process, plan);
  let sockets: readonly number[];
  try {
    await rootfs.release();
    sockets = arrivals.take();
  } catch (error) {
    process.signal(SIGKILL);
    throw error;
  }
  const container: Container = { spec, rootfs: request.rootfs, cgroups, process, running: true };
  void process.exited.then(() => {
    container.running = false;
  });
  return { container, terminal, sockets };
}

async function spawn(attempt: Attempt): Promise<{ process: Spawned; plan: readonly Op[] }> {
  const { context, request, namespaces, cgroups, stdio } = attempt;
  const { native } = context;
  const { descriptors } = stdio;
  const { watch } = request;
  const cgroup = during(watch, RUNTIME_STEPS.cgroups, () =>
    cgroupOps({
      cgroups,
      resources: request.spec.linux.resources,
      has: (controller, file) => hasCgroupFile(cgroups, controller, file),
      cpuset: prepareParents(cgroups),
    }),
  );
  for (const warning of cgroup.warnings) context.warn(request.id, warning);
  // v2 is born into its cgroup; in a user namespace the helper may not write cgroup files at all.
  const before = namespaces.user ? [...cgroup.make, ...cgroup.limit] : cgroups.version === 2 ? cgroup.make : [];
  if (before.length > 0) await runBefore(native, before, watch);
  const inHelper = namespaces.user
    ? []
    : cgroups.version === 2
      ? cgroup.limit
      : [...cgroup.make, ...cgroup.limit, ...cgroup.join];
  const cgroupFd = openCgroup(attempt);
  const maps = namespaces.user ? native.pipe() : undefined;
  // Before the plan takes the slots behind those that are passed.
  const pace = watch?.openPace();
  const paceSlot = pace === undefined ? undefined : descriptors.pass(pace);
  const plan = during(watch, RUNTIME_STEPS.compile, () => compile(attempt, inHelper, maps?.read));
  const paced = paceSlot === undefined ? undefined : pacePlan(plan, paceSlot);
  const traced = traceListener(request, plan, paced);
  const process = during(watch, RUNTIME_STEPS.spawn, () =>
    native.spawn({
      cloneFlags: namespaces.clone,
      fds: descriptors.fds,
      plan: paced?.plan ?? plan,
      ...(cgroupFd === undefined ? {} : { cgroupFd }),
      ...bornIn(attempt),
      leave: context.daemonPidfd === undefined,
      ...(traced === undefined ? {} : { onTrace: traced }),
    }),
  );
  watch?.spawned({ pid: process.pid, cloneFlags: namespaces.clone, intoCgroup: cgroupFd !== undefined, plan });
  if (maps !== undefined) {
    const go = descriptors.closeLater(maps.write);
    await during(watch, RUNTIME_STEPS.letIn, () => letIn(attempt, process, go));
  }
  return { process, plan };
}

/** Who is told of the plan's operations, in the plan's own numbers; undefined: nobody, and nothing is measured. */
function traceListener(
  { onTrace, watch }: Pick<StartRequest, 'onTrace' | 'watch'>,
  plan: readonly Op[],
  paced: PacedPlan | undefined,
): ((trace: OpTrace) => void) | undefined {
  if (onTrace === undefined && watch === undefined) return undefined;
  return (trace) => {
    const index = paced === undefined ? trace.index : paced.indexOf(trace.index);
    const op = index === undefined ? undefined : plan[index];
    if (index === undefined || op === undefined) return;
    onTrace?.(op, { ...trace, index });
    watch?.traced({ ...trace, index });
  };
}

async function runBefore(native: Native, plan: readonly Op[], watch: StartWatch | undefined): Promise<void> {
  await during(watch, RUNTIME_STEPS.hostPlan, () => native.runPlan(plan));
  watch?.carriedOut(plan);
}

function openCgroup({ context, cgroups, stdio }: Attempt): number | undefined {
  const [directory] = cgroups.directories;
  if (cgroups.version !== 2 || directory === undefined) return undefined;
  return stdio.descriptors.closeLater(context.native.open(directory.path, O_RDONLY | O_DIRECTORY));
}

/** What a process can only be born in: the helper joins the others itself. */
function bornIn({ context, namespaces, stdio }: Attempt): { pidnsFd?: number; usernsFd?: number } {
  const open = (wanted: NamespaceType): number | undefined => {
    const joined = namespaces.joined.find(({ type }) => type === wanted);
    return joined === undefined ? undefined : stdio.descriptors.closeLater(context.native.open(joined.path, O_RDONLY));
  };
  const [pidnsFd, usernsFd] = [open('pid'), open('user')];
  return { ...(pidnsFd === undefined ? {} : { pidnsFd }), ...(usernsFd === undefined ? {} : { usernsFd }) };
}

function compile(attempt: Attempt, cgroupOperations: readonly Op[], mapsFd: number | undefined): Op[] {
  const { context, request, namespaces, cgroups, rootfs, stdio } = attempt;
  const { native } = context;
  const { spec } = request;
  const { descriptors, terminal } = stdio;
  const daemon = context.daemonPidfd === undefined ? {} : { daemon: descriptors.pass(context.daemonPidfd) };
  const joins = namespaces.joined
    .filter(({ type }) => type !== 'pid' && type !== 'user')
    .map(({ type, path }) => ({ slot: descriptors.give(native.open(path, O_RDONLY)), flag: NAMESPACE_FLAGS[type] }));
  const maps = mapsFd === undefined ? {} : { maps: descriptors.give(mapsFd) };
  const networkOps = networkSetup(attempt, descriptors);
  const facts = processFacts(context, { id: request.id, spec, process: spec.process, rootfs: request.rootfs });
  return compileStart(spec, rootfs, {
    ...facts,
    ...(namespaces.user ? { oomScoreAdj: undefined } : {}),
    mountPoint: context.mountPoint,
    features: native.features,
    slots: {
      ...daemon,
      joins,
      ...maps,
      ...(terminal === undefined ? {} : { terminal }),
      ...(attempt.holding === undefined ? {} : { hold: attempt.holding.slots }),
      ...passToProgram(descriptors, request.passFds),
    },
    cgroupOps: cgroupOperations,
    cgroupView: cgroupView(cgroups, namespaces.unshareCgroup),
    networkOps,
    sourceKind,
    deviceSource,
    directoryMode: (path) => directoryMode(context, request.rootfs, path),
    directoryTree: (path) => readTree(context, request.rootfs, path),
    maskKind: (path) => maskKind(context, request.rootfs, path),
    mountPointParent: mountPointParent(spec, context.mountPoint),
  });
}

/** The helper opens its own new namespace in a slot of its own, for the host's end of a link to name it. */
function networkSetup({ context, request, namespaces, arrivals }: Attempt, descriptors: Descriptors): readonly Op[] {
  const { networkSetup: setup } = request;
  if (setup === undefined) return [];
  if (namespaces.user) return namespaceNetworkOps(setup, arrivals.slot);
  const hostNetlink = descriptors.give(context.native.netlinkOpen(NETLINK_ROUTE));
  const netns = descriptors.free;
  const open: Op = { op: 'OPEN', slot: netns, path: '/proc/self/ns/net', flags: O_RDONLY, mode: 0 };
  return [open, ...setup({ hostNetlink, netns, sockets: arrivals.slot })];
}

/** The helper of a user namespace waits until this has written to its pipe. */
async function letIn({ context, request, namespaces, cgroups }: Attempt, process: Spawned, go: number): Promise<void> {
  const { native } = context;
  const { spec, id, networkSetup: setup } = request;
  try {
    const { oomScoreAdj } = processFacts(context, { id, spec, process: spec.process, rootfs: request.rootfs });
    if (!namespaces.joinsUser) writeMaps(process.pid, spec.linux);
    await admit({ native, process, cgroups, oomScoreAdj });
    if (setup !== undefined) setUpHostNetwork(native, process.pid, setup);
    writeSync(go, Buffer.of(1));
  } catch (error) {
    process.signal(SIGKILL);
    throw error;
  }
}

/** Waits for the program to run, or to be held. Returns the terminal; throws what went wrong in words. */
async function settle(
  { context, request, stdio, holding }: Attempt,
  process: Spawned,
  plan: readonly Op[],
): Promise<number | undefined> {
  const { watch } = request;
  try {
    await during(watch, RUNTIME_STEPS.helper, () =>
      holding === undefined ? process.started : holding.reached(process),
    );
    if (holding === undefined) watch?.executed();
  } catch (error) {
    dropTerminal(context.native, stdio.terminal);
    throw explainStart(context, { error, plan, rootfs: request.rootfs, process: request.spec.process });
  }
  return takeTerminal(context.native, process, stdio.terminal);
}
