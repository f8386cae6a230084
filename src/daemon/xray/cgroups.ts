// The cgroups of a process: where they are, what they limit and what is used at the moment. Which files mean what is a table; those
// that the kernel lacks are left out.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CgroupLayout } from '../../runtime/cgroup/layout.ts';
import type { XrayCgroup, XrayValue } from '../../types/xray.ts';
import type { CgroupLine } from './status.ts';

type Meaning = 'bytes' | 'count' | 'nanoseconds' | 'microseconds' | 'plain';

/** v1's `no limit` is the largest page-aligned number. */
const UNLIMITED = 0x7fff_ffff_ffff_0000n;

const LIMITS: readonly (readonly [file: string, meaning: Meaning])[] = [
  ['memory.limit_in_bytes', 'bytes'],
  ['memory.memsw.limit_in_bytes', 'bytes'],
  ['memory.soft_limit_in_bytes', 'bytes'],
  ['memory.max', 'bytes'],
  ['memory.high', 'bytes'],
  ['memory.low', 'bytes'],
  ['memory.swap.max', 'bytes'],
  ['cpu.shares', 'plain'],
  ['cpu.cfs_quota_us', 'microseconds'],
  ['cpu.cfs_period_us', 'microseconds'],
  ['cpu.max', 'plain'],
  ['cpu.weight', 'plain'],
  ['cpuset.cpus', 'plain'],
  ['cpuset.mems', 'plain'],
  ['pids.max', 'count'],
  ['blkio.weight', 'plain'],
  ['io.max', 'plain'],
  ['devices.list', 'plain'],
];

const USAGE: readonly (readonly [file: string, meaning: Meaning])[] = [
  ['memory.usage_in_bytes', 'bytes'],
  ['memory.max_usage_in_bytes', 'bytes'],
  ['memory.current', 'bytes'],
  ['memory.peak', 'bytes'],
  ['cpuacct.usage', 'nanoseconds'],
  ['cpu.stat', 'plain'],
  ['pids.current', 'count'],
  ['freezer.state', 'plain'],
  ['cgroup.freeze', 'plain'],
];

export function readCgroups(lines: readonly CgroupLine[], layout: CgroupLayout): XrayCgroup[] {
  return lines.map(({ controllers, path }) => {
    const mountPoint = mountPointOf(layout, controllers);
    const directory = mountPoint === undefined ? undefined : join(mountPoint, path);
    const hierarchy = controllers === '' ? 'unified' : controllers;
    if (directory === undefined || !existsSync(directory)) return { hierarchy, path, limits: [], usage: [] };
    return { hierarchy, path, directory, limits: read(directory, LIMITS), usage: read(directory, USAGE) };
  });
}

function mountPointOf({ v1, unified }: CgroupLayout, controllers: string): string | undefined {
  if (controllers === '') return unified?.mountPoint;
  const named = /^name=(.*)$/.exec(controllers)?.[1];
  const found = v1.find((one) =>
    named === undefined ? controllers.split(',').some((name) => one.controllers.includes(name)) : one.named === named,
  );
  return found?.mountPoint;
}

function read(directory: string, files: typeof LIMITS): XrayValue[] {
  return files.flatMap(([file, meaning]) => {
    const value = readValue(join(directory, file));
    return value === undefined || value === '' ? [] : [{ file, value, text: inWords(value, meaning) }];
  });
}

/** Undefined where there is no such file, or the cgroup has just gone. */
function readValue(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENODEV' || code === 'EOPNOTSUPP') return undefined;
    throw error;
  }
}

/** Pure. */
export function inWords(value: string, meaning: Meaning): string {
  if (value === 'max' || value === '-1') return 'no limit';
  if (!/^\d+$/.test(value)) return value.replaceAll('\n', ', ');
  const number = BigInt(value);
  switch (meaning) {
    case 'bytes':
      return number >= UNLIMITED ? 'no limit' : binary(Number(number));
    case 'nanoseconds':
      return `${Number(number / 1000n) / 1000} ms`;
    case 'microseconds':
      return `${Number(number) / 1000} ms`;
    default:
      return value;
  }
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

function binary(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${Number((bytes / 1024 ** power).toPrecision(4))} ${UNITS[power]}`;
}
