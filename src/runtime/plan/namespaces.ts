// The namespaces of a spec: which the clone makes, which the helper makes or joins itself. Pure.
import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
} from '../../native/linux.ts';
import { TskerError } from '../../util/errors.ts';
import type { Namespace, NamespaceType, Spec } from '../spec.ts';

export const NAMESPACE_FLAGS: Readonly<Record<NamespaceType, number>> = {
  mount: CLONE_NEWNS,
  pid: CLONE_NEWPID,
  network: CLONE_NEWNET,
  ipc: CLONE_NEWIPC,
  uts: CLONE_NEWUTS,
  cgroup: CLONE_NEWCGROUP,
  user: CLONE_NEWUSER,
};

export interface NamespacePlan {
  /** For clone3. */
  readonly clone: number;
  /** For the helper's UNSHARE before it sets up the network. */
  readonly unshareNetwork: boolean;
  /** For the helper's UNSHARE after it joined its cgroup, which becomes the root of what it sees. */
  readonly unshareCgroup: boolean;
  readonly joined: readonly (Namespace & { readonly path: string })[];
  /** There is a user namespace, of its own or another's. */
  readonly user: boolean;
  /** Another's, whose maps are there. */
  readonly joinsUser: boolean;
}

/**
 * Sorts the namespaces by who makes them. The network namespace is the dear one, and the clone blocks the daemon: the
 * helper makes it. With a user namespace the clone makes all of them, so that the user namespace owns them.
 */
export function planNamespaces(spec: Spec): NamespacePlan {
  const { namespaces } = spec.linux;
  const types = new Set(namespaces.map(({ type }) => type));
  if (types.size !== namespaces.length) throw new TskerError('invalid', 'a namespace type is listed twice');
  const joined = namespaces.flatMap((one) => (one.path === undefined ? [] : [{ ...one, path: one.path }]));
  if (joined.some(({ type }) => type === 'mount') || !types.has('mount')) {
    throw new TskerError('invalid', 'a container needs a mount namespace of its own');
  }
  const made = namespaces.filter(({ path }) => path === undefined).map(({ type }) => type);
  const user = types.has('user');
  const deferred: readonly NamespaceType[] = user ? ['cgroup'] : ['network', 'cgroup'];
  return {
    clone: made.filter((type) => !deferred.includes(type)).reduce((flags, type) => flags | NAMESPACE_FLAGS[type], 0),
    unshareNetwork: !user && made.includes('network'),
    unshareCgroup: made.includes('cgroup'),
    joined,
    user,
    joinsUser: joined.some(({ type }) => type === 'user'),
  };
}

/** The namespaces that an exec'd process has to enter: all that are not the daemon's own. */
export function execNamespaceFlags(spec: Spec): number {
  return spec.linux.namespaces.reduce((flags, { type }) => flags | NAMESPACE_FLAGS[type], 0);
}
