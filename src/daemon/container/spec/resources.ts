// HostConfig's limits as OCI resources. Pure but for the device numbers it is given a way to find.
import { DEFAULT_DEVICE_RULES } from '../../../runtime/default-spec.ts';
import type { Device, DeviceCgroup, Resources, Rlimit, Throttle } from '../../../runtime/spec.ts';
import type { HostConfig, ThrottleDevice, Ulimit } from '../../../types/container-config.ts';
import { TskerError } from '../../../util/errors.ts';

/** Numbers of a block device; throws when there is none. */
export type DeviceNumbers = (path: string) => { readonly major: number; readonly minor: number };

export interface ResourceRequest {
  readonly hostConfig: HostConfig;
  /** Those that --device adds; their rules follow. */
  readonly devices: readonly { readonly device: Device; readonly access: string }[];
  readonly deviceNumbers: DeviceNumbers;
}

const CFS_PERIOD = 100_000;

export function buildResources({ hostConfig, devices, deviceNumbers }: ResourceRequest): Resources {
  const pids = hostConfig.PidsLimit ?? 0;
  const memory = buildMemory(hostConfig);
  const cpu = buildCpu(hostConfig);
  const blockIO = buildBlockIO(hostConfig, deviceNumbers);
  return {
    devices: deviceRules(hostConfig, devices),
    ...(isEmpty(memory) ? {} : { memory }),
    ...(isEmpty(cpu) ? {} : { cpu }),
    ...(isEmpty(blockIO) ? {} : { blockIO }),
    ...(pids > 0 ? { pids: { limit: pids } } : {}),
  };
}

function buildMemory(host: HostConfig): NonNullable<Resources['memory']> {
  const swappiness = host.MemorySwappiness ?? -1;
  return {
    ...(host.Memory > 0 ? { limit: host.Memory } : {}),
    ...(host.MemoryReservation > 0 ? { reservation: host.MemoryReservation } : {}),
    ...(host.MemorySwap !== 0 ? { swap: host.MemorySwap } : {}),
    ...(swappiness >= 0 ? { swappiness } : {}),
    ...(host.OomKillDisable === true ? { disableOOMKiller: true } : {}),
  };
}

function buildCpu(host: HostConfig): NonNullable<Resources['cpu']> {
  const quota =
    host.NanoCpus > 0
      ? { period: CFS_PERIOD, quota: Math.round((host.NanoCpus * CFS_PERIOD) / 1e9) }
      : {
          ...(host.CpuPeriod > 0 ? { period: host.CpuPeriod } : {}),
          ...(host.CpuQuota !== 0 ? { quota: host.CpuQuota } : {}),
        };
  return {
    ...quota,
    ...(host.CpuShares > 0 ? { shares: host.CpuShares } : {}),
    ...(host.CpuRealtimePeriod > 0 ? { realtimePeriod: host.CpuRealtimePeriod } : {}),
    ...(host.CpuRealtimeRuntime !== 0 ? { realtimeRuntime: host.CpuRealtimeRuntime } : {}),
    ...(host.CpusetCpus === '' ? {} : { cpus: host.CpusetCpus }),
    ...(host.CpusetMems === '' ? {} : { mems: host.CpusetMems }),
  };
}

function buildBlockIO(host: HostConfig, numbersOf: DeviceNumbers): NonNullable<Resources['blockIO']> {
  const throttles = (list: readonly ThrottleDevice[] | null): Throttle[] =>
    (list ?? []).map(({ Path, Rate }) => ({ ...numbersOf(Path), rate: Rate }));
  const entries = {
    weightDevice: (host.BlkioWeightDevice ?? []).map(({ Path, Weight }) => ({ ...numbersOf(Path), weight: Weight })),
    throttleReadBpsDevice: throttles(host.BlkioDeviceReadBps),
    throttleWriteBpsDevice: throttles(host.BlkioDeviceWriteBps),
    throttleReadIOPSDevice: throttles(host.BlkioDeviceReadIOps),
    throttleWriteIOPSDevice: throttles(host.BlkioDeviceWriteIOps),
  };
  return {
    ...(host.BlkioWeight > 0 ? { weight: host.BlkioWeight } : {}),
    ...Object.fromEntries(Object.entries(entries).filter(([, list]) => list.length > 0)),
  };
}

function deviceRules(host: HostConfig, devices: ResourceRequest['devices']): DeviceCgroup[] {
  if (host.Privileged) return [{ allow: true, access: 'rwm' }];
  return [
    ...DEFAULT_DEVICE_RULES,
    ...devices.map(
      ({ device, access }): DeviceCgroup => ({
        allow: true,
        type: device.type === 'b' ? 'b' : 'c',
        major: device.major,
        minor: device.minor,
        access,
      }),
    ),
    ...(host.DeviceCgroupRules ?? []).map(parseDeviceRule),
  ];
}

/** `c 42:* rwm` of --device-cgroup-rule. */
export function parseDeviceRule(text: string): DeviceCgroup {
  const match = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text);
  if (match === null) throw new TskerError('invalid', `invalid device cgroup rule format: '${text}'`);
  const [, type, major, minor, access] = match;
  return {
    allow: true,
    type: type as 'a' | 'b' | 'c',
    ...(major === '*' ? {} : { major: Number(major) }),
    ...(minor === '*' ? {} : { minor: Number(minor) }),
    access: access ?? 'rwm',
  };
}

export function buildRlimits(ulimits: readonly Ulimit[] | null): Rlimit[] {
  return (ulimits ?? []).map(({ Name, Soft, Hard }) => ({
    type: `RLIMIT_${Name.toUpperCase()}`,
    soft: Soft,
    hard: Hard,
  }));
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}
