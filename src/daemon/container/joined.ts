// Namespaces of other containers: who `container:x` means, whether it can be joined, and in which words it is refused
// (moby container_operations_unix.go). It joins nothing; the spec says so.
import type { HostConfig } from '../../types/container-config.ts';
import { messageOf, TskerError } from '../../util/errors.ts';
import type { UserNamespaces } from '../userns/remapped.ts';
import type { Container } from './container.ts';
import { isAlive } from './state.ts';
import type { ContainerStore } from './store.ts';

/** Those whose namespaces a container has in place of its own. */
export interface Joined {
  readonly network: Container | undefined;
  readonly ipc: Container | undefined;
  readonly pid: Container | undefined;
}

/** What follows `container:`; undefined for other modes. */
export function joinedReference(mode: string): string | undefined {
  return mode.startsWith('container:') ? mode.slice('container:'.length) : undefined;
}

/**
 * Names as ids, so that a container that is renamed is still found. As in Docker a network that is not there is the start's to
 * refuse, the rest is refused at once.
 */
export function resolveModes(containers: Pick<ContainerStore, 'resolve'>, hostConfig: HostConfig): HostConfig {
  const resolve = (mode: string): string => {
    const found = find(containers, mode);
    return found === undefined ? mode : `container:${found.id}`;
  };
  const { NetworkMode, IpcMode, PidMode } = hostConfig;
  for (const mode of [IpcMode, PidMode]) requireContainer(containers, mode);
  return { ...hostConfig, NetworkMode: resolve(NetworkMode), IpcMode: resolve(IpcMode), PidMode: resolve(PidMode) };
}

function requireContainer(containers: Pick<ContainerStore, 'resolve'>, mode: string): void {
  const reference = joinedReference(mode);
  // `container:` alone is no mode, which is said elsewhere.
  if (!reference) return;
  try {
    containers.resolve(reference);
  } catch (cause) {
    throw new TskerError('invalid', messageOf(cause), { cause });
  }
}

function find(containers: Pick<ContainerStore, 'resolve'>, mode: string): Container | undefined {
  const reference = joinedReference(mode);
  if (reference === undefined) return undefined;
  try {
    return containers.resolve(reference);
  } catch {
    return undefined;
  }
}

/** Throws what Docker says of one that is gone, does not run, or keeps its IPC for itself. */
export function requireJoined(
  containers: Pick<ContainerStore, 'resolve'>,
  { id, hostConfig }: { readonly id: string; readonly hostConfig: HostConfig },
): Joined {
  return {
    network: requireOne(containers, hostConfig.NetworkMode, {
      gone: 'joining network namespace of container: ',
      stopped: (other) => `cannot join network of a non running container: ${other}`,
      own: id,
    }),
    pid: requireOne(containers, hostConfig.PidMode, {
      gone: 'joining PID namespace of container: ',
      stopped: (other) => `cannot join PID of a non running container: ${other}`,
      own: id,
    }),
    ipc: requireShareable(containers, id, hostConfig.IpcMode),
  };
}

/**
 * Namespaces belong to a user namespace: who joins them has to be in it. Returns the container whose it is, undefined when
 * none is joined; throws when they have the ids of the host.
 */
export function requireSameIds({ network, ipc, pid }: Joined, userns: UserNamespaces): Container | undefined {
  const joined = [network, ipc, pid].filter((one) => one !== undefined);
  const foreign = joined.find(({ record }) => userns.of(record.hostConfig) === undefined);
  if (foreign !== undefined) {
    throw new TskerError('conflict', `cannot join container ${foreign.id}: it has the user namespace of the host`, {
      hint: 'make this one with --userns=host as well',
    });
  }
  return joined[0];
}

interface Words {
  readonly gone: string;
  readonly stopped: (id: string) => string;
  /** Of the container that joins. */
  readonly own: string;
}

function requireOne(containers: Pick<ContainerStore, 'resolve'>, mode: string, words: Words): Container | undefined {
  const reference = joinedReference(mode);
  if (reference === undefined) return undefined;
  const other = resolveOrRefuse(containers, reference, words.gone);
  if (other.id === words.own) throw new TskerError('invalid', `${words.gone}cannot join own namespace`);
  const { status } = other.record.state;
  if (status === 'restarting') {
    throw new TskerError('conflict', `container ${other.id} is restarting, wait until the container is running`);
  }
  if (!isAlive(status)) throw new TskerError('conflict', words.stopped(other.id));
  return other;
}

function requireShareable(
  containers: Pick<ContainerStore, 'resolve'>,
  own: string,
  mode: string,
): Container | undefined {
  const reference = joinedReference(mode);
  if (reference === undefined) return undefined;
  const prefix = `can't join IPC of container ${reference}: `;
  const other = requireOne(containers, mode, {
    gone: prefix,
    stopped: (id) => `${prefix}container ${id} is not running`,
    own,
  });
  if (other !== undefined && other.record.hostConfig.IpcMode !== 'shareable') {
    throw new TskerError('invalid', `${prefix}non-shareable IPC (hint: use IpcMode:shareable for the donor container)`);
  }
  return other;
}

function resolveOrRefuse(containers: Pick<ContainerStore, 'resolve'>, reference: string, prefix: string): Container {
  try {
    return containers.resolve(reference);
  } catch (cause) {
    const code = cause instanceof TskerError ? cause.code : 'internal';
    throw new TskerError(code, `${prefix}${messageOf(cause)}`, { cause });
  }
}
