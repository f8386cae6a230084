// The devicemapper driver: a layer is a file system on a thin device, a snapshot of its parent's. The tree is the directory
// `rootfs` in it, mounted on the host as long as somebody uses it, a running container too.
import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ERRNO } from '../../native/errno.ts';
import { MS_NOATIME, MS_RDONLY } from '../../native/linux.ts';
import { PlanError } from '../../native/native.ts';
import type { Op } from '../../native/ops.ts';
import { TskerError } from '../../util/errors.ts';
import { type Access, CopyDriver, type Trees } from '../copies.ts';
import type { GraphDriver } from '../driver.ts';
import { HostMounts } from '../host-mounts.ts';
import { checkLayerId, isLayerId } from '../layer-id.ts';
import type { DriverParts } from '../parts.ts';
import { type Base, openBase } from './base.ts';
import { type DevicemapperOptions, parseDevicemapperOptions } from './options.ts';
import { openThinPool, prefixOf, type ThinPool } from './pool.ts';
import { statusLines } from './pool-status.ts';

/** A device that somebody was about to remove is busy, or gone, for a moment. */
const OPEN_ATTEMPTS = 100;
const OPEN_PAUSE = 20;
const PASSING = new Set<number>([ERRNO.EBUSY, ERRNO.ENXIO, ERRNO.ENOENT]);

export async function openDevicemapper(parts: DriverParts, given: readonly string[]): Promise<GraphDriver> {
  const options = parseDevicemapperOptions(given);
  const { home, native } = parts;
  await native.runPlan([
    { op: 'MKDIRS', path: home, mode: 0o710 },
    { op: 'MKDIRS', path: join(home, 'pool'), mode: 0o700 },
  ]);
  const used = await usedDevices(home);
  const pool = await openThinPool(parts, options, { fresh: used.size === 0 && !existsSync(join(home, 'pool/base')) });
  try {
    const prefix = await prefixOf(home);
    const base = await openBase({ parts, pool, options, prefix });
    return new CopyDriver(parts, new DeviceTrees({ parts, pool, options, prefix, base, used }));
  } catch (error) {
    await pool.close();
    throw error;
  }
}

interface DeviceTreesOptions {
  readonly parts: DriverParts;
  readonly pool: ThinPool;
  readonly options: DevicemapperOptions;
  readonly prefix: string;
  readonly base: Base;
  /** Device ids by layer. */
  readonly used: Map<string, number>;
}

class DeviceTrees implements Trees {
  readonly name = 'devicemapper';
  readonly rootfsIsMount = true;
  readonly #parts: DriverParts;
  readonly #pool: ThinPool;
  readonly #options: DevicemapperOptions;
  readonly #prefix: string;
  readonly #base: Base;
  readonly #ids: Map<string, number>;
  readonly #mounts: HostMounts;
  #next: number;

  constructor({ parts, pool, options, prefix, base, used }: DeviceTreesOptions) {
    this.#parts = parts;
    this.#pool = pool;
    this.#options = options;
    this.#prefix = prefix;
    this.#base = base;
    this.#ids = used;
    this.#next = Math.max(base.deviceId, ...used.values()) + 1;
    this.#mounts = new HostMounts(parts);
  }

  /** The device's number is written down before there is a device of it, so that removal always finds it. */
  async create(id: string, parent: string | undefined): Promise<void> {
    await this.#requireSpace();
    const origin = parent === undefined ? this.#base.deviceId : this.#deviceId(parent);
    const deviceId = this.#next;
    this.#next += 1;
    await this.#parts.native.runPlan([
      { op: 'PUTFILE', path: this.#file(id), mode: 0o600, data: JSON.stringify({ deviceId }) },
    ]);
    this.#ids.set(id, deviceId);
    await this.#pool.createSnapshot(deviceId, origin);
  }

  path(id: string): string {
    return join(this.#mountPoint(id), 'rootfs');
  }

  async open(id: string, access: Access): Promise<void> {
    const name = this.#deviceName(id);
    const { ops, undo } = this.#pool.activation(name, { deviceId: this.#deviceId(id), size: this.#base.size });
    const mount: Op = {
      op: 'MOUNT',
      source: `/dev/mapper/${name}`,
      target: this.#mountPoint(id),
      type: this.#base.fileSystem,
      flags: MS_NOATIME | (access === 'read' ? MS_RDONLY : 0),
      data: [...this.#base.mountOptions, ...this.#options.mountOptions].join(','),
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#mounts.mount(id, this.#mountPoint(id), [...ops, mount], undo);
        return;
      } catch (error) {
        if (attempt === OPEN_ATTEMPTS || !(error instanceof PlanError) || !PASSING.has(error.errno)) throw error;
      }
      await sleep(OPEN_PAUSE);
    }
  }

  /** What was written is in the device before anybody takes a snapshot of it, whoever still has it mounted. */
  async close(id: string): Promise<void> {
    await this.#parts.native.runPlan([{ op: 'SYNCFS', path: this.#mountPoint(id) }]);
    await this.#mounts.unmount(id);
  }

  async remove(id: string): Promise<void> {
    checkLayerId(id);
    if (this.#mounts.isMounted(id)) throw new TskerError('conflict', `layer ${id} is mounted`);
    const deviceId = this.#ids.get(id);
    if (deviceId === undefined) return;
    if (this.#options.discard) await this.#discard(id, deviceId);
    await this.#pool.delete(deviceId);
    this.#ids.delete(id);
  }

  metadata(id: string): Record<string, string> {
    const deviceId = this.#ids.get(checkLayerId(id));
    if (deviceId === undefined) return {};
    return {
      DeviceId: String(deviceId),
      DeviceName: this.#deviceName(id),
      DeviceSize: String(this.#base.size),
    };
  }

  async status(): Promise<[string, string][]> {
    const { name, devices } = this.#pool;
    return statusLines({
      poolName: name,
      blockSize: this.#options.blockSize,
      baseSize: this.#base.size,
      fileSystem: this.#base.fileSystem,
      minFreeSpace: this.#options.minFreeSpace,
      loopFiles: devices.loopFiles,
      dataDevice: loopName(devices.data),
      metadataDevice: loopName(devices.metadata),
      status: await this.#pool.status(),
    });
  }

  end(): Promise<void> {
    return this.#pool.close();
  }

  /** A pool without space fails writes of all that are in it: new devices are refused before that. */
  async #requireSpace(): Promise<void> {
    const { totalDataBlocks, usedDataBlocks } = await this.#pool.status();
    const free = totalDataBlocks - usedDataBlocks;
    const least = Math.floor((totalDataBlocks * this.#options.minFreeSpace) / 100);
    if (free >= least) return;
    throw new TskerError(
      'no_space',
      `devmapper: Thin Pool has ${free} free data blocks which is less than minimum required ${least} free data blocks. Create more free space in thin pool or use dm.min_free_space option to change behavior`,
    );
  }

  /** Its blocks become holes of the loop file; the file system in it is gone already as far as anybody knows. */
  async #discard(id: string, deviceId: number): Promise<void> {
    const name = this.#deviceName(id);
    const { ops, undo } = this.#pool.activation(name, { deviceId, size: this.#base.size });
    // A device that was never made, or a pool that passes no discards on: there is nothing to give back.
    const discard: Op = { op: 'DM_DISCARD', name, optional: true };
    await this.#parts.native.runPlan([
      ...ops.map((op): Op => ({ ...op, optional: true })),
      discard,
      ...undo.map((op): Op => ({ ...op, optional: true })),
    ]);
  }

  #file(id: string): string {
    return join(this.#parts.home, checkLayerId(id), 'device');
  }

  #mountPoint(id: string): string {
    return join(this.#parts.home, checkLayerId(id), 'mnt');
  }

  #deviceName(id: string): string {
    return `${this.#prefix}-${id}`;
  }

  #deviceId(id: string): number {
    const deviceId = this.#ids.get(checkLayerId(id));
    if (deviceId !== undefined) return deviceId;
    throw new TskerError('not_found', `layer ${id} has no device`);
  }
}

/** `7:3` is /dev/loop3. */
function loopName(device: string): string {
  return device.replace(/^7:(\d+)$/, '/dev/loop$1');
}

/** What the layers' directories say. One without a device is what a crash left. */
async function usedDevices(home: string): Promise<Map<string, number>> {
  const used = new Map<string, number>();
  for (const id of (await readdir(home)).filter(isLayerId)) {
    const path = join(home, id, 'device');
    if (!existsSync(path)) continue;
    const { deviceId } = JSON.parse(readFileSync(path, 'utf8')) as { deviceId?: unknown };
    if (typeof deviceId !== 'number') throw new TskerError('corrupt', `${path} names no device`);
    used.set(id, deviceId);
  }
  return used;
}
