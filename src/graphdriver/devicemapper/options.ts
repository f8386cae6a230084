// `--storage-opt dm.*` with Docker's names and defaults. Pure.
import { TskerError } from '../../util/errors.ts';
import { parseSize, parseStorageOptions } from '../storage-options.ts';

export type FileSystem = 'ext4' | 'xfs';

export interface DevicemapperOptions {
  /** Bytes of each device, which it takes as it is written to. Undefined: the ones there are, else the default. */
  readonly baseSize: number | undefined;
  readonly loopDataSize: number;
  readonly loopMetadataSize: number;
  readonly fileSystem: FileSystem;
  readonly mkfsArguments: readonly string[];
  readonly mountOptions: readonly string[];
  /** A pool that somebody else made, instead of one on loop files. */
  readonly thinPool: string | undefined;
  /** Bytes. */
  readonly blockSize: number;
  /** Percent of the pool that has to be free for a new device. */
  readonly minFreeSpace: number;
  /** Whether a removed device's blocks are given back to the loop file. */
  readonly discard: boolean;
}

export const DEFAULT_BASE_SIZE = 10 * 1024 ** 3;

const KNOWN = [
  'dm.basesize',
  'dm.loopdatasize',
  'dm.loopmetadatasize',
  'dm.fs',
  'dm.mkfsarg',
  'dm.mountopt',
  'dm.thinpooldev',
  'dm.blocksize',
  'dm.min_free_space',
  'dm.blkdiscard',
];

export function parseDevicemapperOptions(given: readonly string[]): DevicemapperOptions {
  const options = parseStorageOptions('devicemapper', given, KNOWN);
  const size = (name: string, fallback: number): number => {
    const text = options.get(name);
    return text === undefined ? fallback : parseSize(name, text);
  };
  const words = (name: string, separator: RegExp): string[] =>
    (options.get(name) ?? '').split(separator).filter((word) => word !== '');
  return {
    baseSize: options.has('dm.basesize') ? size('dm.basesize', 0) : undefined,
    loopDataSize: size('dm.loopdatasize', 100 * 1024 ** 3),
    loopMetadataSize: size('dm.loopmetadatasize', 2 * 1024 ** 3),
    fileSystem: fileSystem(options.get('dm.fs') ?? 'ext4'),
    mkfsArguments: words('dm.mkfsarg', /\s+/),
    mountOptions: words('dm.mountopt', /,/),
    thinPool: options.get('dm.thinpooldev')?.replace(/^\/dev\/mapper\//, ''),
    blockSize: blockSize(size('dm.blocksize', 64 * 1024)),
    minFreeSpace: percent(options.get('dm.min_free_space') ?? '10%'),
    discard: truth('dm.blkdiscard', options.get('dm.blkdiscard') ?? String(!options.has('dm.thinpooldev'))),
  };
}

function fileSystem(name: string): FileSystem {
  if (name === 'ext4' || name === 'xfs') return name;
  throw new TskerError('invalid', `devicemapper: unsupported filesystem ${name}`, { hint: 'dm.fs is ext4 or xfs' });
}

/** What the kernel's thin-pool takes. */
function blockSize(bytes: number): number {
  if (bytes >= 64 * 1024 && bytes <= 1024 ** 3 && bytes % (64 * 1024) === 0) return bytes;
  throw new TskerError('invalid', `dm.blocksize=${bytes}: it is a multiple of 64k, up to 1G`);
}

function percent(text: string): number {
  const value = Number(/^(\d+)%$/.exec(text)?.[1] ?? Number.NaN);
  if (value < 100) return value;
  throw new TskerError('invalid', `invalid dm.min_free_space '${text}': it is a percentage below 100`);
}

function truth(name: string, text: string): boolean {
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw new TskerError('invalid', `${name}=${text}: it is true or false`);
}
