// The thin pool: data and metadata on sparse loop files below the driver's directory, or one that somebody else made, and the
// devices in it. What it makes on the host is in the ledger, and gone at the end.
import { existsSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ERRNO } from '../../native/errno.ts';
import { PlanError } from '../../native/native.ts';
import type { Op } from '../../native/ops.ts';
import { messageOf, TskerError, withCleanupFailure } from '../../util/errors.ts';
import type { DriverParts } from '../parts.ts';
import type { DevicemapperOptions } from './options.ts';
import { type PoolStatus, parsePoolStatus } from './pool-status.ts';
import { readOp } from './read-op.ts';

const SECTOR = 512;
/** Blocks left at which the kernel tells whoever listens, as Docker sets it. */
const LOW_WATER = 32_768;

/** Ten seconds. */
const DELETE_ATTEMPTS = 200;
const DELETE_PAUSE = 50;

export interface LoopFiles {
  readonly data: string;
  readonly metadata: string;
}

export interface PoolDevices {
  readonly loopFiles: LoopFiles | undefined;
  /** `major:minor`; empty for a pool of somebody else's. */
  readonly data: string;
  readonly metadata: string;
}

export class ThinPool {
  readonly name: string;
  readonly devices: PoolDevices;
  readonly #parts: DriverParts;
  /** Entries of the ledger, with what undoes them. */
  readonly #held: readonly Held[];

  constructor(parts: DriverParts, name: string, { devices, held }: { devices: PoolDevices; held: readonly Held[] }) {
    this.#parts = parts;
    this.name = name;
    this.devices = devices;
    this.#held = held;
  }

  async status(): Promise<PoolStatus> {
    return parsePoolStatus(await readOp(this.#parts.native, (fd) => ({ op: 'DM_STATUS', name: this.name, fd })));
  }

  /** An empty device; one of that id that is there already is as good. */
  async createThin(deviceId: number): Promise<void> {
    await this.#run({ op: 'DM_MESSAGE', name: this.name, message: `create_thin ${deviceId}`, tolerate: ERRNO.EEXIST });
  }

  /** A device that begins as what `origin` is. Nobody may be writing to that: layers are mounted read-only. */
  async createSnapshot(deviceId: number, origin: number): Promise<void> {
    await this.#run({ op: 'DM_MESSAGE', name: this.name, message: `create_snap ${deviceId} ${origin}` });
  }

  /** Nothing of that id is success. A device goes out of use a moment after its file system was unmounted. */
  async delete(deviceId: number): Promise<void> {
    const message = `delete ${deviceId}`;
    for (let attempt = 0; attempt < DELETE_ATTEMPTS; attempt += 1) {
      try {
        await this.#run({ op: 'DM_MESSAGE', name: this.name, message, tolerate: ERRNO.ENODATA });
        return;
      } catch (error) {
        if (!(error instanceof PlanError) || error.errno !== ERRNO.EBUSY) throw error;
      }
      await sleep(DELETE_PAUSE);
    }
    throw new TskerError('conflict', `device ${deviceId} of ${this.name} is in use`);
  }

  /** What makes a device of the pool usable, and what undoes that. */
  activation(name: string, { deviceId, size }: { deviceId: number; size: number }): { ops: Op[]; undo: Op[] } {
    const parameters = `/dev/mapper/${this.name} ${deviceId}`;
    return {
      ops: [
        // EBUSY: it is still there, to be removed with its last user. We are one now.
        { op: 'DM_CREATE', name, sectors: size / SECTOR, target: 'thin', parameters, tolerate: ERRNO.EBUSY },
        { op: 'DM_MESSAGE', name, message: '@cancel_deferred_remove' },
      ],
      undo: [{ op: 'DM_REMOVE', name, deferred: 1, tolerate: ERRNO.ENXIO }],
    };
  }

  async close(): Promise<void> {
    await release(this.#parts, this.#held);
  }

  async #run(op: Op): Promise<void> {
    await this.#parts.native.runPlan([op]);
  }
}

/**
 * `fresh`: nothing has been kept in it yet. Throws `unsupported` where the kernel has no device mapper, `unavailable` when
 * a pool that held layers is gone.
 */
export async function openThinPool(
  parts: DriverParts,
  options: DevicemapperOptions,
  { fresh }: { readonly fresh: boolean },
): Promise<ThinPool> {
  if (options.thinPool !== undefined) return await openForeign(parts, options.thinPool);
  const held: Held[] = [];
  try {
    const loopFiles = await makeLoopFiles(parts.home, options, fresh);
    const data = await attachLoop(parts, loopFiles.data, held);
    const metadata = await attachLoop(parts, loopFiles.metadata, held);
    const name = `${await prefixOf(parts.home)}-pool`;
    await createPool(parts, { name, data, metadata, options, held });
    return new ThinPool(parts, name, { devices: { loopFiles, data, metadata }, held });
  } catch (error) {
    throw await releaseAfter(parts, held, unsupportedWithout(error));
  }
}

async function openForeign(parts: DriverParts, name: string): Promise<ThinPool> {
  const pool = new ThinPool(parts, name, { devices: { loopFiles: undefined, data: '', metadata: '' }, held: [] });
  try {
    await pool.status();
    return pool;
  } catch (cause) {
    throw new TskerError('unavailable', `there is no thin pool ${name}: ${messageOf(cause)}`, { cause });
  }
}

/** Names of the pool's devices begin so: with the inode that its directory has, as Docker's. */
export async function prefixOf(home: string): Promise<string> {
  const { dev, ino } = await stat(home, { bigint: true });
  // The parts that makedev(3) puts a device number together from.
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n);
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n);
  return `tsker-${major}:${minor}-${ino}`;
}

async function makeLoopFiles(home: string, options: DevicemapperOptions, fresh: boolean): Promise<LoopFiles> {
  const files = { data: join(home, 'pool/data'), metadata: join(home, 'pool/metadata') };
  if (fresh) {
    await makeSparse(files.data, options.loopDataSize);
    await makeSparse(files.metadata, options.loopMetadataSize);
  }
  for (const path of Object.values(files)) {
    if (existsSync(path)) continue;
    throw new TskerError('unavailable', `the thin pool of the storage driver devicemapper is gone: no ${path}`, {
      hint: 'is its file system mounted?',
    });
  }
  return files;
}

async function makeSparse(path: string, size: number): Promise<void> {
  const file = await open(path, 'a', 0o600);
  try {
    if ((await file.stat()).size < size) await file.truncate(size);
  } finally {
    await file.close();
  }
}

/** A row of the ledger and the operations that undo what it stands for. */
interface Held {
  readonly entry: number;
  readonly undo: readonly Op[];
}

function hold(parts: DriverParts, held: Held[], subject: string, undo: readonly Op[]): void {
  held.push({ entry: parts.effects.record('daemon', 'device', subject, undo), undo });
}

async function attachLoop(parts: DriverParts, path: string, held: Held[]): Promise<string> {
  hold(parts, held, path, [{ op: 'LOOP_DETACH', path, tolerate: ERRNO.ENOENT }]);
  return (await readOp(parts.native, (fd) => ({ op: 'LOOP_ATTACH', path, fd }))).trim();
}

interface PoolRequest {
  readonly name: string;
  readonly data: string;
  readonly metadata: string;
  readonly options: DevicemapperOptions;
  readonly held: Held[];
}

async function createPool(parts: DriverParts, { name, data, metadata, options, held }: PoolRequest): Promise<void> {
  const { size } = await stat(join(parts.home, 'pool/data'));
  const block = options.blockSize / SECTOR;
  const parameters = `${metadata} ${data} ${block} ${LOW_WATER} 2 skip_block_zeroing error_if_no_space`;
  hold(parts, held, `/dev/mapper/${name}`, [{ op: 'DM_REMOVE', name, deferred: 1, tolerate: ERRNO.ENXIO }]);
  const sectors = Math.floor(size / SECTOR / block) * block;
  await parts.native.runPlan([
    { op: 'DM_CREATE', name, sectors, target: 'thin-pool', parameters, tolerate: ERRNO.EBUSY },
    { op: 'DM_MESSAGE', name, message: '@cancel_deferred_remove' },
  ]);
}

async function release({ native, effects }: DriverParts, held: readonly Held[]): Promise<void> {
  for (const { entry, undo } of held.toReversed()) {
    await native.runPlan(undo);
    effects.forget(entry);
  }
}

async function releaseAfter(parts: DriverParts, held: readonly Held[], error: unknown): Promise<unknown> {
  try {
    await release(parts, held);
    return error;
  } catch (cleanup) {
    return withCleanupFailure(error, cleanup);
  }
}

/** The control devices have no driver behind them, or the kernel no such target. */
function unsupportedWithout(error: unknown): unknown {
  if (!(error instanceof PlanError)) return error;
  const { errno } = error;
  if (errno !== ERRNO.ENODEV && errno !== ERRNO.ENXIO && errno !== ERRNO.EINVAL && errno !== ERRNO.EPERM) return error;
  return new TskerError('unsupported', `storage driver devicemapper does not work here: ${messageOf(error)}`, {
    cause: error,
    hint: 'the kernel needs dm_mod, dm_thin_pool and loop; use --storage-driver overlay where it has not',
  });
}
