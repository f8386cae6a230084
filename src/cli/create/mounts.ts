// Flags that put files into a container: -v, --mount, --tmpfs, --device and the like.
import { resolve } from 'node:path';
import type { ContainerConfig, DeviceMapping, HostConfig } from '../../types/container-config.ts';
import { defineFlags, type FlagValues } from '../flags/spec.ts';
import { UsageError } from '../usage-error.ts';
import { defined } from './defined.ts';
import { parseMount } from './mount.ts';
import { orUndefined, pairsToMap } from './words.ts';

const GROUP = 'Files and devices';

export const MOUNT_FLAGS = defineFlags({
  device: { kind: 'list', summary: 'Add a host device to the container', group: GROUP },
  'device-cgroup-rule': { kind: 'list', summary: 'Add a rule to the cgroup allowed devices list', group: GROUP },
  mount: { kind: 'list', value: 'mount', summary: 'Attach a filesystem mount to the container', group: GROUP },
  'read-only': { kind: 'boolean', summary: "Mount the container's root filesystem as read only", group: GROUP },
  'storage-opt': { kind: 'list', summary: 'Storage driver options for the container', group: GROUP },
  tmpfs: { kind: 'list', summary: 'Mount a tmpfs directory', group: GROUP },
  volume: { kind: 'list', short: 'v', summary: 'Bind mount a volume', group: GROUP },
  'volume-driver': { kind: 'string', summary: 'Optional volume driver for the container', group: GROUP },
  'volumes-from': { kind: 'list', summary: 'Mount volumes from the specified container(s)', group: GROUP },
});

type MountFlags = FlagValues<typeof MOUNT_FLAGS>;

/** `-v /data` alone asks for an anonymous volume: that is of the image's configuration, not of the host's. */
export function mountConfig(flags: MountFlags): Partial<ContainerConfig> {
  const anonymous = flags.volume.filter((volume) => !volume.includes(':'));
  return defined<Partial<ContainerConfig>>({
    Volumes: anonymous.length === 0 ? undefined : Object.fromEntries(anonymous.map((path) => [path, {}])),
  });
}

export function mountHostConfig(flags: MountFlags, cwd: string): Partial<HostConfig> {
  return defined<Partial<HostConfig>>({
    Binds: orUndefined(flags.volume.filter((volume) => volume.includes(':')).map((bind) => absoluteBind(bind, cwd))),
    Mounts: orUndefined(flags.mount.map((mount) => parseMount(mount, cwd))),
    Tmpfs: flags.tmpfs.length === 0 ? undefined : Object.fromEntries(flags.tmpfs.map(splitTmpfs)),
    Devices: orUndefined(flags.device.map(parseDevice)),
    DeviceCgroupRules: orUndefined(flags['device-cgroup-rule'].map(checkDeviceRule)),
    ReadonlyRootfs: flags['read-only'],
    StorageOpt: pairsToMap(flags['storage-opt']),
    VolumeDriver: flags['volume-driver'],
    VolumesFrom: orUndefined(flags['volumes-from']),
  });
}

/** The daemon has another working directory: a source that starts with a dot is made absolute here. */
function absoluteBind(bind: string, cwd: string): string {
  const colon = bind.indexOf(':');
  const source = bind.slice(0, colon);
  if (source === '') throw new UsageError(`invalid spec: ${bind}: empty section between colons`);
  return source.startsWith('.') ? resolve(cwd, source) + bind.slice(colon) : bind;
}

function splitTmpfs(text: string): readonly [string, string] {
  const colon = text.indexOf(':');
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** `/dev/a[:/dev/b][:rwm]`. */
export function parseDevice(text: string): DeviceMapping {
  const [host = '', second, third, ...more] = text.split(':');
  const isMode = (word: string): boolean => /^[rwm]+$/.test(word) && new Set(word).size === word.length;
  const target = second === undefined || isMode(second) ? host : second;
  const mode = third ?? (second !== undefined && isMode(second) ? second : 'rwm');
  if (!host.startsWith('/') || target === '' || !isMode(mode) || more.length > 0) {
    throw new UsageError(`invalid device specification: ${text}`);
  }
  return { PathOnHost: host, PathInContainer: target, CgroupPermissions: mode };
}

/** `c 42:* rmw`. */
function checkDeviceRule(rule: string): string {
  if (/^[acb] (\d+|\*):(\d+|\*) [rwm]{1,3}$/.test(rule)) return rule;
  throw new UsageError(`invalid device cgroup format '${rule}'`);
}
