// Which driver a daemon uses: the one asked for, else the one its data is in, else the first that works here. A driver
// with data that no longer works is an error, never silently replaced: its images would seem to be gone.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, TskerError } from '../util/errors.ts';
import { openBtrfs } from './btrfs.ts';
import { openDevicemapper } from './devicemapper/driver.ts';
import type { GraphDriver } from './driver.ts';
import { OverlayDriver } from './overlay.ts';
import type { DriverNative, HostEffects } from './parts.ts';
import { openVfs } from './vfs.ts';

/** A driver that can be tried. */
export interface Candidate {
  readonly name: string;
  /** Other names it is asked for by. */
  readonly aliases?: readonly string[];
  /** It works at a price that nobody should pay unknowingly. */
  readonly onlyWhenAsked?: boolean;
  /** Its directory; what is below it is the data it once made. */
  readonly home: string;
  open(): Promise<GraphDriver>;
}

export interface SelectOptions {
  /** In the order of preference. */
  readonly candidates: readonly Candidate[];
  /** `--storage-driver`. */
  readonly wanted?: string;
  /** Where the choice is remembered. */
  readonly settings: { get(key: string): string | undefined; set(key: string, value: string): void };
  /** Whether the database names layers that the driver keeps. */
  readonly hasLayers: (driver: string) => boolean;
}

const SETTING = 'storage-driver';

/** Drivers of Docker's that this engine has not, and why. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ['aufs', 'aufs was never part of the Linux kernel, and overlay does what it did; Docker removed it as well (24.0)'],
  ['zfs', 'its layers are made with programs of a kernel module that is no part of Linux'],
  ['fuse-overlayfs', 'it is for daemons without root, where the kernel has no overlay for them'],
]);

export async function selectDriver(options: SelectOptions): Promise<GraphDriver> {
  const { candidates, wanted, settings, hasLayers } = options;
  const prior = settings.get(SETTING);
  const inUse = prior !== undefined && hasLayers(prior) ? prior : undefined;
  const driver =
    wanted !== undefined
      ? await openWanted(find(candidates, wanted), inUse)
      : inUse !== undefined
        ? await openPrior(find(candidates, inUse))
        : await openFirst(candidates);
  settings.set(SETTING, driver.name);
  return driver;
}

/** The drivers of this engine below the data root, the preferred first. */
export interface CandidateOptions {
  readonly root: string;
  readonly native: DriverNative;
  readonly effects: HostEffects;
  /** `--storage-opt`, `driver.name=value`. */
  readonly storageOptions: readonly string[];
}

export function standardCandidates({ root, native, effects, storageOptions }: CandidateOptions): Candidate[] {
  const parts = (name: string) => ({ home: join(root, name), native, effects });
  return [
    {
      name: 'overlay',
      aliases: ['overlay2'],
      home: parts('overlay').home,
      open: () => OverlayDriver.open(parts('overlay'), storageOptions),
    },
    { name: 'btrfs', home: parts('btrfs').home, open: () => openBtrfs(parts('btrfs'), storageOptions) },
    {
      name: 'devicemapper',
      onlyWhenAsked: true,
      home: parts('devicemapper').home,
      open: () => openDevicemapper(parts('devicemapper'), storageOptions),
    },
    { name: 'vfs', home: parts('vfs').home, open: () => openVfs(parts('vfs'), storageOptions) },
  ];
}

function find(candidates: readonly Candidate[], name: string): Candidate {
  const found = candidates.find((one) => one.name === name || one.aliases?.includes(name) === true);
  if (found !== undefined) return found;
  const reason = REFUSED.get(name);
  if (reason !== undefined) {
    throw new TskerError('unsupported', `storage driver ${name} is not supported: ${reason}`, {
      hint: 'use --storage-driver overlay, or leave the option out',
    });
  }
  throw new TskerError('invalid', `unknown storage driver: ${name}`, {
    hint: `there are: ${candidates.map((one) => one.name).join(', ')}`,
  });
}

async function openWanted(candidate: Candidate, inUse: string | undefined): Promise<GraphDriver> {
  if (inUse === undefined) return await candidate.open();
  if (inUse !== candidate.name) {
    throw new TskerError('conflict', `the data root holds images of the storage driver ${inUse}`, {
      hint: `leave --storage-driver out, remove all images and containers first, or use another --data-root`,
    });
  }
  return await openPrior(candidate);
}

async function openPrior(candidate: Candidate): Promise<GraphDriver> {
  if (!existsSync(candidate.home)) {
    throw new TskerError(
      'unavailable',
      `the layers of the storage driver ${candidate.name} are gone: no ${candidate.home}`,
      {
        hint: 'is its file system mounted?',
      },
    );
  }
  return await candidate.open();
}

async function openFirst(candidates: readonly Candidate[]): Promise<GraphDriver> {
  const reasons: unknown[] = [];
  for (const candidate of candidates) {
    if (candidate.onlyWhenAsked === true) continue;
    try {
      return await candidate.open();
    } catch (error) {
      if (!(error instanceof TskerError) || error.code !== 'unsupported') throw error;
      reasons.push(error);
    }
  }
  throw new TskerError('unsupported', `no storage driver works: ${reasons.map(messageOf).join('; ')}`, {
    cause: new AggregateError(reasons),
  });
}
