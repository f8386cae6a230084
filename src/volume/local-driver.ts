// The local driver: a volume is <root>/<name>/_data, or a file system that is mounted there while somebody uses it. What is
// mounted is in the ledger; the directories belong to the rows of the volumes (rows.ts), which are written before them.
import { lookup } from 'node:dns/promises';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ERRNO, errnoText } from '../native/errno.ts';
import { MNT_DETACH } from '../native/linux.ts';
import { type Native, PlanError } from '../native/native.ts';
import type { Op } from '../native/ops.ts';
import type { Ledger } from '../store/ledger.ts';
import { messageOf, TskerError } from '../util/errors.ts';
import {
  describeLocalMount,
  hostToResolve,
  type LocalMount,
  localMountOps,
  parseLocalOptions,
  withAddress,
} from './local-options.ts';
import { checkName } from './name.ts';
import { type DriverVolume, LOCAL_DRIVER, type NewVolume, type Texts, type VolumeDriver } from './volume.ts';

export interface LocalDriverParts {
  readonly native: Pick<Native, 'runPlan'>;
  readonly ledger: Pick<Ledger, 'record' | 'forget' | 'undo'>;
  /** <data root>/volumes. */
  readonly root: string;
  /** What the volume was made with. */
  readonly optionsOf: (name: string) => Texts;
  /** Who owns what is made: root, or who is root in containers. */
  readonly owner: { readonly uid: number; readonly gid: number };
}

interface Use {
  readonly users: Set<string>;
  /** Of the ledger, when something is mounted. */
  readonly entry: number | undefined;
}

/** Data is for containers' users to walk into; what is above it is not. */
const DATA_MODE = 0o755;
const ABOVE_MODE = 0o701;

export class LocalDriver implements VolumeDriver {
  readonly name = LOCAL_DRIVER;
  readonly #parts: LocalDriverParts;
  readonly #uses = new Map<string, Use>();

  constructor(parts: LocalDriverParts) {
    this.#parts = parts;
  }

  scope(): Promise<string> {
    return Promise.resolve('local');
  }

  check({ name, options }: NewVolume): void {
    checkName(name);
    parseLocalOptions(options);
  }

  /** A directory that is there already is taken with what is in it. */
  async create({ name }: NewVolume): Promise<void> {
    const { native, owner, root } = this.#parts;
    const path = this.#data(name);
    await native.runPlan([
      { op: 'MKDIRS', path: root, mode: ABOVE_MODE },
      { op: 'MKDIR', path: join(root, name), mode: ABOVE_MODE, tolerate: ERRNO.EEXIST },
    ]);
    if (existsSync(path)) return;
    await native.runPlan([
      { op: 'MKDIR', path, mode: DATA_MODE },
      { op: 'CHOWN', path, ...owner },
    ]);
  }

  async remove(name: string): Promise<void> {
    if (this.#uses.has(name)) throw new TskerError('conflict', 'volume has active mounts');
    const path = join(this.#parts.root, name);
    await this.#parts.native.runPlan([{ op: 'RMTREE', path, tolerate: ERRNO.ENOENT }]);
  }

  path(name: string): Promise<string> {
    return Promise.resolve(this.#data(name));
  }

  async mount(name: string, user: string): Promise<string> {
    const path = this.#data(name);
    const use = this.#uses.get(name) ?? (await this.#begin(name, path));
    use.users.add(user);
    return path;
  }

  async unmount(name: string, user: string): Promise<void> {
    const use = this.#uses.get(name);
    if (use === undefined || !use.users.delete(user) || use.users.size > 0) return;
    this.#uses.delete(name);
    if (use.entry === undefined) return;
    await this.#parts.native.runPlan(undoMount(this.#data(name)));
    this.#parts.ledger.forget(use.entry);
  }

  get(name: string): Promise<DriverVolume> {
    return Promise.resolve({ name, mountpoint: this.#data(name) });
  }

  list(): Promise<readonly DriverVolume[]> {
    return Promise.resolve([]);
  }

  /**
   * Beside the volume first, and there in one step: a container that comes after a crash finds all of the image's files or
   * none, and then they are copied again. Where others may look on, or a file system is mounted, it is filled in its place.
   */
  async populate(name: string, fill: (directory: string) => Promise<void>): Promise<void> {
    const { native, ledger, root } = this.#parts;
    const path = this.#data(name);
    const use = this.#uses.get(name);
    if (readdirSync(path).length > 0) return;
    if (use?.entry !== undefined || (use?.users.size ?? 0) > 1) return await fill(path);
    const staging = join(root, name, '_copy');
    const owner = `volume/${name}`;
    ledger.record(owner, 'directory', staging, [{ op: 'RMTREE', path: staging, tolerate: ERRNO.ENOENT }]);
    try {
      await native.runPlan([{ op: 'MKDIR', path: staging, mode: 0o700 }]);
      await fill(staging);
      await native.runPlan([{ op: 'RENAME', from: staging, to: path }]);
    } finally {
      await ledger.undo(owner);
    }
  }

  #data(name: string): string {
    return join(this.#parts.root, name, '_data');
  }

  async #begin(name: string, path: string): Promise<Use> {
    // The row was synced and the directory was not, when the power went.
    if (!existsSync(path)) await this.create({ name, options: {} });
    const mount = parseLocalOptions(this.#parts.optionsOf(name));
    const use = {
      users: new Set<string>(),
      entry: mount === undefined ? undefined : await this.#make(name, path, mount),
    };
    this.#uses.set(name, use);
    return use;
  }

  async #make(name: string, path: string, wanted: LocalMount): Promise<number> {
    const { native, ledger } = this.#parts;
    const mount = await resolveHost(wanted);
    const entry = ledger.record(`volume/${name}`, 'mount', path, undoMount(path));
    try {
      await native.runPlan(localMountOps(mount, path));
      return entry;
    } catch (error) {
      await ledger.undo(`volume/${name}`);
      throw mountFailure(error, mount, path);
    }
  }
}

/** A mount point that is none any more is EINVAL. */
function undoMount(path: string): Op[] {
  return [{ op: 'UMOUNT', target: path, flags: MNT_DETACH, tolerate: ERRNO.EINVAL }];
}

async function resolveHost(mount: LocalMount): Promise<LocalMount> {
  const host = hostToResolve(mount);
  if (host === undefined) return mount;
  try {
    return withAddress(mount, host, (await lookup(host)).address);
  } catch (cause) {
    throw new TskerError('internal', `error resolving passed in network volume address: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function mountFailure(error: unknown, mount: LocalMount, path: string): TskerError {
  const reason = error instanceof PlanError ? (errnoText(error.errno) ?? messageOf(error)) : messageOf(error);
  return new TskerError(
    'internal',
    `error while mounting volume '${path}': failed to mount local volume: ${describeLocalMount(mount, path)}: ${reason}`,
    { cause: error },
  );
}
