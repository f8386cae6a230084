// `update`: limits of a running container changed, from a file (`-`: standard input) or from options.
import { readFileSync } from 'node:fs';
import { hasCgroupFile, readCgroupFile } from '../runtime/cgroup/probe.ts';
import { updateOps } from '../runtime/cgroup/update.ts';
import { updateLimits } from '../runtime/inprocess/update.ts';
import type { Resources } from '../runtime/spec.ts';
import { TskerError } from '../util/errors.ts';
import type { Options } from './arguments.ts';
import { parseJson, readJson } from './bundle.ts';
import { openNative } from './session.ts';
import { statusOf } from './status.ts';
import type { Invocation } from './table.ts';

const STDIN = 0;

export async function update({ session, options, words }: Invocation): Promise<number> {
  const { store, log } = session;
  const [id = ''] = words;
  const container = store.read(id);
  for (const name of ['l3-cache-schema', 'mem-bw-schema']) {
    if (options.text(name) !== undefined)
      throw new TskerError('unsupported', `--${name} is not supported: no Intel RDT`);
  }
  const resources = wanted(options);
  if (statusOf(container, store) === 'stopped') throw new TskerError('conflict', 'container not running');
  const { cgroups, spec } = container;
  const changes = updateOps({
    cgroups,
    resources: withGroups(resources, spec.linux.resources ?? {}),
    has: (controller, file) => hasCgroupFile(cgroups, controller, file),
    current: (controller, file) => readCgroupFile(cgroups, controller, file),
  });
  for (const warning of changes.warnings) log.warn(warning);
  await updateLimits(openNative(session), changes);
  const merged = { ...spec.linux.resources, ...withGroups(resources, spec.linux.resources ?? {}) };
  store.write({ ...container, spec: { ...spec, linux: { ...spec.linux, resources: merged } } });
  return 0;
}

function wanted(options: Options): Resources {
  const file = options.text('resources');
  if (file === undefined) return fromOptions(options);
  const value =
    file === '-' ? parseJson(readFileSync(STDIN, 'utf8')) : readJson(file, `open ${file}: no such file or directory`);
  if (typeof value !== 'object' || value === null) throw new TskerError('invalid', 'resources are not an object');
  const { devices: _, ...resources } = value as Resources;
  return resources;
}

/** What belongs together in the kernel is said together: a new limit of memory with the swap that goes with it. */
function withGroups({ memory, cpu, ...others }: Resources, before: Resources): Resources {
  return {
    ...others,
    ...(memory === undefined ? {} : { memory: { ...before.memory, ...memory } }),
    ...(cpu === undefined ? {} : { cpu: { ...before.cpu, ...cpu } }),
  };
}

function fromOptions(options: Options): Resources {
  const memory = present({
    limit: sizeOf(options, 'memory'),
    reservation: sizeOf(options, 'memory-reservation'),
    swap: sizeOf(options, 'memory-swap'),
  });
  const cpu = present({
    shares: options.number('cpu-share'),
    quota: options.number('cpu-quota'),
    period: options.number('cpu-period'),
    realtimeRuntime: options.number('cpu-rt-runtime'),
    realtimePeriod: options.number('cpu-rt-period'),
    cpus: options.text('cpuset-cpus'),
    mems: options.text('cpuset-mems'),
  });
  const weight = options.number('blkio-weight');
  const limit = options.number('pids-limit');
  return {
    ...(memory === undefined ? {} : { memory }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(weight === undefined ? {} : { blockIO: { weight } }),
    ...(limit === undefined ? {} : { pids: { limit } }),
  };
}

function present<T extends object>(values: { [K in keyof T]: T[K] | undefined }): T | undefined {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as T);
}

const SUFFIXES: Readonly<Record<string, number>> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** `64m`; -1 is no limit. */
function sizeOf(options: Options, name: string): number | undefined {
  const text = options.text(name);
  if (text === undefined || text === '-1') return text === undefined ? undefined : -1;
  const [, number, suffix = ''] = /^(\d+)([bkmgt]?)b?$/i.exec(text) ?? [];
  if (number === undefined) throw new TskerError('invalid', `invalid value for ${name}: ${text}`);
  return Number(number) * (SUFFIXES[suffix.toLowerCase()] ?? 1);
}
