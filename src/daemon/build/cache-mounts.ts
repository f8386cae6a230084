// The directories of RUN --mount=type=cache, kept under the data root between builds. A crash leaves them as they were.
// Beside each stands a file with the name the Dockerfile has for it, whose times say when it was made and used.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { CacheMountRequest, CacheMounts } from '../../builder/host.types.ts';
import type { DriverNative } from '../../graphdriver/parts.ts';
import { ERRNO } from '../../native/errno.ts';
import { Limiter } from '../../registry/limiter.ts';
import { DirectoryTree, type TreeNative } from './tree.ts';

export interface CacheMountDependencies {
  readonly native: TreeNative & DriverNative;
  /** <root>/build-cache. */
  readonly directory: string;
  /** <root>/tmp, on the same file system: from there things go at the next start, if not before. */
  readonly tmp: string;
}

/** A directory between builds. */
export interface KeptMount {
  readonly name: string;
  /** As the Dockerfile has it. */
  readonly id: string;
  readonly inUse: boolean;
  readonly directory: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly usedAt: number;
}

export interface KeptCacheMounts extends CacheMounts {
  list(): readonly KeptMount[];
  /** Removes one unless a build uses it; whether it did. */
  remove(name: string): Promise<boolean>;
}

const LABEL = '.id';

export function cacheMounts({ native, directory, tmp }: CacheMountDependencies): KeptCacheMounts {
  const locks = new Map<string, { readonly limiter: Limiter; users: number }>();
  /** Builds that use a directory, or wait for it. */
  const users = new Map<string, number>();
  return { open, list, remove };

  async function open(request: CacheMountRequest): ReturnType<CacheMounts['open']> {
    const name = createHash('sha256').update(request.id).digest('hex');
    const own = request.sharing === 'private' ? freeName(name) : name;
    const leave = enter(own);
    try {
      const unlock = request.sharing === 'locked' ? await lock(own, request.signal) : undefined;
      const release = async (): Promise<void> => {
        unlock?.();
        leave();
      };
      return { path: await make(own, request), release };
    } catch (error) {
      leave();
      throw error;
    }
  }

  function enter(name: string): () => void {
    users.set(name, (users.get(name) ?? 0) + 1);
    return () => {
      const left = (users.get(name) ?? 0) - 1;
      if (left > 0) users.set(name, left);
      else users.delete(name);
    };
  }

  /** One that another build has for itself is not shared: the next of its line is taken. */
  function freeName(name: string): string {
    for (let index = 0; ; index += 1) {
      const candidate = index === 0 ? name : `${name}-${index}`;
      if (!users.has(candidate)) return candidate;
    }
  }

  async function lock(name: string, signal: AbortSignal): Promise<() => void> {
    const held = locks.get(name) ?? { limiter: new Limiter(1), users: 0 };
    locks.set(name, held);
    held.users += 1;
    const leave = (): void => {
      held.users -= 1;
      if (held.users === 0) locks.delete(name);
    };
    try {
      const release = await held.limiter.acquire(signal);
      return () => {
        release();
        leave();
      };
    } catch (error) {
      leave();
      throw error;
    }
  }

  async function make(name: string, { id, owner, mode, seed, signal }: CacheMountRequest): Promise<string> {
    const path = join(directory, name);
    const label = `${path}${LABEL}`;
    const now = new Date();
    if (existsSync(path)) {
      if (existsSync(label)) utimesSync(label, now, now);
      return path;
    }
    mkdirSync(path, { recursive: true, mode: 0o711 });
    writeFileSync(label, id, { mode: 0o600 });
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

  function list(): readonly KeptMount[] {
    const names = existsSync(directory) ? readdirSync(directory) : [];
    return names.filter((name) => !name.endsWith(LABEL)).map(describe);
  }

  function describe(name: string): KeptMount {
    const path = join(directory, name);
    const label = `${path}${LABEL}`;
    const marked = statSync(label, { throwIfNoEntry: false }) ?? statSync(path);
    return {
      name,
      id: existsSync(label) ? readFileSync(label, 'utf8') : '',
      inUse: users.has(name),
      directory: path,
      createdAt: marked.birthtimeMs,
      usedAt: marked.mtimeMs,
    };
  }

  async function remove(name: string): Promise<boolean> {
    const path = join(directory, name);
    if (users.has(name) || !existsSync(path)) return false;
    // A build may want a new one at once.
    mkdirSync(tmp, { recursive: true, mode: 0o700 });
    const gone = mkdtempSync(join(tmp, 'build-'));
    renameSync(path, join(gone, name));
    rmSync(`${path}${LABEL}`, { force: true });
    await native.runPlan([{ op: 'RMTREE', path: gone, tolerate: ERRNO.ENOENT }]);
    return true;
  }
}
