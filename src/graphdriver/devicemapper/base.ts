// The base device: an empty file system that every layer without a parent is a snapshot of. Made once; what it is like is
// written down when it is complete.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MNT_DETACH } from '../../native/linux.ts';
import type { Op } from '../../native/ops.ts';
import { TskerError, withCleanupFailure } from '../../util/errors.ts';
import type { DriverParts } from '../parts.ts';
import { makeFileSystem } from './mkfs.ts';
import { DEFAULT_BASE_SIZE, type DevicemapperOptions, type FileSystem } from './options.ts';
import type { ThinPool } from './pool.ts';

const DEVICE_ID = 1;

export interface Base {
  readonly deviceId: number;
  /** Bytes, of this and every other device. */
  readonly size: number;
  readonly fileSystem: FileSystem;
  /** Without them a snapshot is refused beside its origin (xfs), or written to in the background (ext4). */
  readonly mountOptions: readonly string[];
}

const MOUNT_OPTIONS: Readonly<Record<FileSystem, readonly string[]>> = { ext4: ['noinit_itable'], xfs: ['nouuid'] };

interface BaseOptions {
  readonly parts: DriverParts;
  readonly pool: ThinPool;
  readonly options: DevicemapperOptions;
  readonly prefix: string;
}

export async function openBase(request: BaseOptions): Promise<Base> {
  const { parts, options } = request;
  const path = join(parts.home, 'pool/base');
  const known = existsSync(path) ? parseBase(path) : undefined;
  if (known !== undefined) {
    if (options.baseSize === undefined || options.baseSize === known.size) return known;
    throw new TskerError('conflict', `dm.basesize is ${known.size} in this data root and cannot be changed`, {
      hint: 'leave the option out, or use another --data-root',
    });
  }
  const size = options.baseSize ?? DEFAULT_BASE_SIZE;
  await makeBase(request, size);
  const { fileSystem } = options;
  const data = JSON.stringify({ deviceId: DEVICE_ID, size, fileSystem });
  await parts.native.runPlan([{ op: 'PUTFILE', path, mode: 0o600, data }]);
  return { deviceId: DEVICE_ID, size, fileSystem, mountOptions: MOUNT_OPTIONS[fileSystem] };
}

function parseBase(path: string): Base {
  const { deviceId, size, fileSystem } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const valid = typeof deviceId === 'number' && typeof size === 'number';
  if (!valid || (fileSystem !== 'ext4' && fileSystem !== 'xfs')) {
    throw new TskerError('corrupt', `${path} describes no base device`);
  }
  return { deviceId, size, fileSystem, mountOptions: MOUNT_OPTIONS[fileSystem] };
}

/** An attempt that was broken off is begun anew on the same device. */
async function makeBase({ parts, pool, options, prefix }: BaseOptions, size: number): Promise<void> {
  const { home, native, effects } = parts;
  const { fileSystem } = options;
  const name = `${prefix}-base`;
  const device = `/dev/mapper/${name}`;
  const target = join(home, 'pool/mnt');
  const { ops, undo: deactivate } = pool.activation(name, { deviceId: DEVICE_ID, size });
  const undo: Op[] = [
    { op: 'UMOUNT', target, flags: MNT_DETACH, optional: true },
    { op: 'RMDIR', path: target, tolerate: 2 },
    ...deactivate,
  ];
  await pool.createThin(DEVICE_ID);
  const entry = effects.record('daemon', 'device', device, undo);
  let failure: unknown;
  try {
    await native.runPlan(ops);
    await makeFileSystem(device, fileSystem, options.mkfsArguments);
    await native.runPlan([
      { op: 'MKDIRS', path: target, mode: 0o700 },
      { op: 'MOUNT', source: device, target, type: fileSystem, flags: 0, data: MOUNT_OPTIONS[fileSystem].join(',') },
      { op: 'MKDIR', path: join(target, 'rootfs'), mode: 0o755, tolerate: 17 },
      { op: 'SYNCFS', path: target },
    ]);
  } catch (error) {
    failure = error;
  }
  try {
    await native.runPlan(undo);
    effects.forget(entry);
  } catch (cleanup) {
    throw failure === undefined ? cleanup : withCleanupFailure(failure, cleanup);
  }
  if (failure !== undefined) throw failure;
}
