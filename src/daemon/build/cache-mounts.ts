// The directories of RUN --mount=type=cache, kept under the data root between builds. A crash leaves them as they were.
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheMountRequest, CacheMounts } from '../../builder/host.types.ts';
import { Limiter } from '../../registry/limiter.ts';
import { DirectoryTree, type TreeNative } from './tree.ts';

interface Lock {
  readonly limiter: Limiter;
  users: number;
}

export interface CacheMountDependencies {
  readonly native: TreeNative;
  /** <root>/build-cache. */
  readonly directory: string;
}

export function cacheMounts({ native, directory }: CacheMountDependencies): CacheMounts {
  const locks = new Map<string, Lock>();
  const busy = new Set<string>();
  return {
    async open(request) {
      const name = createHash('sha256').update(request.id).digest('hex');
      if (request.sharing === 'locked') return await openLocked(name, request);
      const own = request.sharing === 'private' ? freeName(name) : name;
      if (request.sharing === 'private') busy.add(own);
      const path = await make(own, request);
      return { path, release: async () => void busy.delete(own) };
    },
  };

  /** One that another build has for itself is not shared: the next of its line is taken. */
  function freeName(name: string): string {
    for (let index = 0; ; index += 1) {
      const candidate = index === 0 ? name : `${name}-${index}`;
      if (!busy.has(candidate)) return candidate;
    }
  }

  async function openLocked(name: string, request: CacheMountRequest) {
    const lock = locks.get(name) ?? { limiter: new Limiter(1), users: 0 };
    locks.set(name, lock);
    lock.users += 1;
    const leave = (): void => {
      lock.users -= 1;
      if (lock.users === 0) locks.delete(name);
    };
    let release: () => void;
    try {
      release = await lock.limiter.acquire(request.signal);
    } catch (error) {
      leave();
      throw error;
    }
    const path = await make(name, request);
    return {
      path,
      release: async () => {
        release();
        leave();
      },
    };
  }

  async function make(name: string, { owner, mode, seed, signal }: CacheMountRequest): Promise<string> {
    const path = join(directory, name);
    if (existsSync(path)) return path;
    mkdirSync(path, { recursive: true, mode: 0o711 });
    if (seed !== undefined) {
      const tree = new DirectoryTree({ native, root: path, owners: true, release: async () => undefined });
      try {
        await tree.place({ archive: await seed(), path: '/', owner: undefined, mode: undefined, signal });
      } finally {
        await tree.close();
      }
    }
    chownSync(path, owner.uid, owner.gid);
    chmodSync(path, mode);
    return path;
  }
}
