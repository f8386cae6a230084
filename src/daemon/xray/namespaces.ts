// The namespaces of a process, and who else is in them. Pure but for reading the others' links.
import type { XrayNamespace } from '../../types/xray.ts';
import { NAMESPACE_TYPES, type NamespaceName, readNamespaces } from './status.ts';

/** Inodes by type. */
export type NamespaceSight = ReadonlyMap<NamespaceName, number>;

export interface NamespaceNeighbour {
  readonly name: string;
  /** Of its first process. */
  readonly pid: number;
}

/** A neighbour that ends meanwhile is none. */
export function readSharedNamespaces(pid: number, neighbours: readonly NamespaceNeighbour[]): XrayNamespace[] {
  const others = neighbours.flatMap(({ name, pid: other }) => {
    const inodes = inodesOrNone(other);
    return inodes === undefined ? [] : [{ name, inodes }];
  });
  return describeNamespaces(readNamespaces(pid), { host: readNamespaces('self'), others });
}

function inodesOrNone(pid: number): NamespaceSight | undefined {
  try {
    return readNamespaces(pid);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

export function describeNamespaces(
  own: NamespaceSight,
  {
    host,
    others,
  }: {
    readonly host: NamespaceSight;
    readonly others: readonly { readonly name: string; readonly inodes: NamespaceSight }[];
  },
): XrayNamespace[] {
  return NAMESPACE_TYPES.flatMap((type) => {
    const inode = own.get(type);
    if (inode === undefined) return [];
    const containers = others.filter(({ inodes }) => inodes.get(type) === inode).map(({ name }) => name);
    return [{ type, inode, host: host.get(type) === inode, containers: containers.toSorted() }];
  });
}
