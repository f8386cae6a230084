// What the bytes below the data root are for: every name belongs to one part, so that the parts add up to what du says. Pure
// but for the scan.
import { type ScanNative, type ScanRecord, scanEach } from '../graphdriver/scan.ts';
import type { DiskPart } from '../types/disk-usage.ts';

/** Names of layers' directories that are containers'. */
export type IsContainer = (cacheId: string) => boolean;

const DRIVERS = new Set(['overlay', 'btrfs', 'devicemapper', 'vfs']);
const OWN_LOG = /^(local-logs|.*\.log(\.\d+)?(\.gz)?)$/;
const TOP: ReadonlyMap<string, string> = new Map([
  ['volumes', 'Volumes'],
  ['contexts', 'Build contexts'],
  ['build-cache', 'Build cache mounts'],
  ['tmp', 'Temporary files'],
  ['native', 'Engine'],
  ['init', 'Engine'],
  ['seccomp', 'Engine'],
  ['daemon.lock', 'Engine'],
]);

/** The part that a path below the root belongs to; the path begins with a slash. */
export function partOf(path: string, isContainer: IsContainer): string {
  const [, top = '', second = '', third] = path.split('/');
  if (top.startsWith('tsker.db')) return 'Database';
  if (DRIVERS.has(top)) return layerPart(second, third, isContainer);
  if (top === 'containers') return third !== undefined && OWN_LOG.test(third) ? 'Logs' : 'Container files';
  return TOP.get(top) ?? 'Other';
}

function layerPart(id: string, name: string | undefined, isContainer: IsContainer): string {
  if (!/^[0-9a-f]{64}$/.test(id)) return 'Storage driver';
  if (name === 'record') return 'Layer recordings';
  return isContainer(id) ? 'Container layers' : 'Image layers';
}

/** Sums by part; a file with several names counts where it was met first. */
export class DiskParts {
  readonly #isContainer: IsContainer;
  readonly #parts = new Map<string, { files: number; size: number }>();
  readonly #seen = new Set<bigint>();

  constructor(isContainer: IsContainer) {
    this.#isContainer = isContainer;
  }

  add({ path, inode, links, allocated }: Pick<ScanRecord, 'path' | 'inode' | 'links' | 'allocated'>): void {
    if (links > 1) {
      if (this.#seen.has(inode)) return;
      this.#seen.add(inode);
    }
    const name = partOf(path, this.#isContainer);
    const part = this.#parts.get(name) ?? { files: 0, size: 0 };
    part.files += 1;
    part.size += allocated;
    this.#parts.set(name, part);
  }

  /** The largest first. */
  list(): DiskPart[] {
    return [...this.#parts]
      .map(([Name, { files, size }]) => ({ Name, Files: files, Size: size }))
      .sort((one, other) => other.Size - one.Size);
  }
}

/** What is mounted below the root (running containers of some drivers) is not entered. */
export async function diskParts(native: ScanNative, root: string, isContainer: IsContainer): Promise<DiskPart[]> {
  const parts = new DiskParts(isContainer);
  await scanEach(native, root, (records) => {
    for (const record of records) parts.add(record);
  });
  return parts.list();
}
