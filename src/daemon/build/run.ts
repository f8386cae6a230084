// RUN: a program in a container of the ordinary runtime, on a workspace's layer. It has no record: nobody can attach to it,
// list it or restart it, and it ends with its build.

import { closeSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { RunMount, RunRequest } from '../../builder/host.types.ts';
import type { ExitStatus } from '../../native/native.ts';
import type { Spec } from '../../runtime/spec.ts';
import type { ContainerConfig, HostConfig } from '../../types/container-config.ts';
import { withCleanupFailure } from '../../util/errors.ts';
import { type Clock, formatTime, ZERO_TIME } from '../clock.ts';
import { completeConfig, completeHostConfig, type DefaultsRequest } from '../container/defaults.ts';
import { runEffects, runOwner } from '../container/effects.ts';
import { writeContainerFiles } from '../container/files.ts';
import { withInitLayer } from '../container/init-layer.ts';
import { attachNetwork, type LaunchDependencies, mapFiles } from '../container/launch.ts';
import type { ContainerRecord } from '../container/record.ts';
import { SIGKILL } from '../container/signal.ts';
import { buildSpec } from '../container/spec/build.ts';
import type { Remapped } from '../userns/remapped.ts';

export interface RunDependencies extends LaunchDependencies {
  readonly clock: Clock;
  readonly host: Pick<DefaultsRequest, 'cgroupnsMode' | 'runtime' | 'defaultLog'> & {
    readonly hostname: string;
    readonly defaultNetwork: string;
  };
}

/** Resolves with the code when all output was written. The run's effects are undone however it ends. */
export async function runInLayer(
  dependencies: RunDependencies,
  id: string,
  request: RunRequest,
): Promise<{ readonly exitCode: number }> {
  const record = recordOf(dependencies, id, request);
  try {
    const { code } = await runRecord(dependencies, record, request);
    await undo(dependencies, id);
    return { exitCode: code };
  } catch (error) {
    await undo(dependencies, id).catch((cleanup: unknown) => {
      throw withCleanupFailure(error, cleanup);
    });
    throw error;
  }
}

async function undo({ runtime, ledger, network }: RunDependencies, id: string): Promise<void> {
  network.detach(id);
  await runtime.delete(id);
  await ledger.undo(runOwner(id));
}

async function runRecord(
  dependencies: RunDependencies,
  record: ContainerRecord,
  request: RunRequest,
): Promise<ExitStatus> {
  const { runtime, network, layers, directories, ledger, specHost, resolveUser, initLayer, userns } = dependencies;
  const { id, config, hostConfig } = record;
  const remapped = userns.of(hostConfig);
  const attachment = await attachNetwork(dependencies, record);
  const files = directories.files(id);
  writeContainerFiles({ record, files, endpoints: attachment.endpoints, links: [], network });
  const rootfs = withInitLayer(layers.containerLayer(id).rootfs, initLayer);
  const user = resolveUser(rootfs, config.User, []);
  const spec = buildSpec({
    ...{ record, user, network: attachment.namespace, remapped, devices: [], host: specHost },
    files: remapped === undefined ? files : mapFiles(files, remapped),
  });
  const output = openOutput(dependencies, request);
  const { stdio } = output;
  try {
    const process = await runtime.start({
      id,
      spec: withMounts(spec, request.mounts, remapped),
      rootfs: remapped?.rootfs(rootfs) ?? rootfs,
      stdio,
      ...(attachment.namespace === 'new' ? { networkSetup: attachment.setup, networkSockets: attachment.sockets } : {}),
      effects: runEffects(ledger, id),
    });
    network.serve(id, process.sockets);
    output.started();
    const kill = (): void => void process.signal(SIGKILL);
    request.signal.addEventListener('abort', kill, { once: true });
    if (request.signal.aborted) kill();
    const status = await process.exited;
    request.signal.removeEventListener('abort', kill);
    await output.ended();
    return status;
  } catch (error) {
    output.abandon();
    throw error;
  }
}

/** As `docker create` would complete it. */
export function recordOf(
  { host, clock }: Pick<RunDependencies, 'host' | 'clock'>,
  id: string,
  request: RunRequest,
): ContainerRecord {
  const { argv, env, cwd, user, limits } = request;
  const [path = '', ...args] = argv;
  const hostConfig: Partial<HostConfig> = {
    NetworkMode: request.network,
    ExtraHosts: request.extraHosts,
    ShmSize: request.shmSize,
    SecurityOpt: request.securityOptions,
    Memory: limits.memory ?? 0,
    MemorySwap: limits.memorySwap ?? 0,
    CpuShares: limits.cpuShares ?? 0,
    CpuPeriod: limits.cpuPeriod ?? 0,
    CpuQuota: limits.cpuQuota ?? 0,
    CpusetCpus: limits.cpusetCpus ?? '',
    CpusetMems: limits.cpusetMems ?? '',
    CgroupParent: limits.cgroupParent ?? '',
    Ulimits: limits.ulimits ?? [],
  };
  const config: Partial<ContainerConfig> = { User: user, Env: env, Cmd: argv, WorkingDir: cwd };
  const defaults = { ...host, body: { ...config, HostConfig: hostConfig }, id, hostHostname: host.hostname };
  return {
    ...{ id, name: id.slice(0, 12), created: formatTime(clock()), path, args },
    imageId: '',
    config: completeConfig(defaults),
    hostConfig: completeHostConfig(defaults),
    driver: '',
    mounts: [],
    state: {
      ...{ status: 'created', pid: 0, exitCode: 0, error: '', oomKilled: false },
      ...{ startedAt: ZERO_TIME, finishedAt: ZERO_TIME },
    },
    endpoints: [],
    restartCount: 0,
  };
}

function withMounts(spec: Spec, mounts: readonly RunMount[], remapped: Remapped | undefined): Spec {
  if (mounts.length === 0) return spec;
  const added = mounts.map(({ type, target, source = 'tmpfs', readOnly, options = [] }) => ({
    destination: target,
    type,
    source: type === 'bind' ? (remapped?.path(source) ?? source) : source,
    options: [
      ...(type === 'bind' ? ['rbind', 'rprivate'] : ['nosuid', 'nodev']),
      ...(readOnly ? ['ro'] : []),
      ...options,
    ],
  }));
  return { ...spec, mounts: [...spec.mounts, ...added] };
}

interface Output {
  readonly stdio: { readonly stdin: number; readonly stdout: number; readonly stderr: number };
  /** The program has its ends. */
  started(): void;
  /** Resolves when all was read; who left a process behind does not hold the build. */
  ended(): Promise<void>;
  abandon(): void;
}

/** Milliseconds that output may take after the end of the process. */
const GRACE = 2000;

function openOutput({ native }: RunDependencies, { write, signal }: RunRequest): Output {
  const stdin = openSync('/dev/null', 'r');
  const stdout = native.pipe();
  const stderr = native.pipe();
  const readers = [reader(stdout.read, 'stdout', write), reader(stderr.read, 'stderr', write)];
  const closeChildEnds = (): void => {
    closeSync(stdin);
    native.close(stdout.write);
    native.close(stderr.write);
  };
  let open = true;
  const once = (): void => {
    if (open) closeChildEnds();
    open = false;
  };
  return {
    stdio: { stdin, stdout: stdout.write, stderr: stderr.write },
    started: once,
    ended: async () => {
      const giveUp = (): void => {
        // Not the output takes long, but whom it is for.
        const waits = !signal.aborted && readers.some(({ socket }) => socket.isPaused());
        if (waits) timer = setTimeout(giveUp, GRACE);
        else for (const { socket } of readers) socket.destroy();
      };
      let timer = setTimeout(giveUp, GRACE);
      try {
        await Promise.all(readers.map(({ finished }) => finished));
      } finally {
        clearTimeout(timer);
      }
    },
    abandon: () => {
      once();
      for (const { socket } of readers) socket.destroy();
    },
  };
}

/** The program waits, by its full pipe, for whom its output is for. */
function reader(fd: number, stream: 'stdout' | 'stderr', write: RunRequest['write']) {
  const socket = new Socket({ fd, readable: true, writable: false });
  const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
  // Whoever waits for it hears of it, if anybody ever does.
  finished.catch(() => undefined);
  const fail = (error: unknown): void => {
    reject(error);
    socket.destroy();
  };
  socket.on('data', (bytes: Buffer) => {
    try {
      const room = write(stream, bytes);
      if (room === undefined) return;
      socket.pause();
      room.then(() => socket.resume(), fail);
    } catch (error) {
      fail(error);
    }
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => resolve());
  return { socket, finished };
}
