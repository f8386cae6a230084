// --device and --privileged as device nodes. It looks at the host's /dev, and nothing else.
import { lstatSync, readdirSync, statSync } from 'node:fs';
import { hostDevices } from '../../../runtime/default-spec.ts';
import type { Device } from '../../../runtime/spec.ts';
import type { DeviceMapping, HostConfig } from '../../../types/container-config.ts';
import { messageOf, TskerError } from '../../../util/errors.ts';

export interface GivenDevice {
  readonly device: Device;
  /** `rwm` or less. */
  readonly access: string;
}

/** What a container has of its own, and links into /proc. */
const NOT_GIVEN = new Set(['pts', 'shm', 'fd', 'mqueue', 'console', 'ptmx', '.lxc', '.lxd-mounts', '.udev']);

export function givenDevices(host: Pick<HostConfig, 'Privileged' | 'Devices'>): GivenDevice[] {
  const mapped = (host.Devices ?? []).flatMap(mappedDevices);
  return host.Privileged ? [...allDevices(), ...mapped] : mapped;
}

function allDevices(): GivenDevice[] {
  return readdirSync('/dev')
    .filter((name) => !NOT_GIVEN.has(name) && !lstatSync(`/dev/${name}`).isSymbolicLink())
    .flatMap((name) => hostDevices(`/dev/${name}`, `/dev/${name}`))
    .map((device) => ({ device, access: 'rwm' }));
}

function mappedDevices({ PathOnHost, PathInContainer, CgroupPermissions }: DeviceMapping): GivenDevice[] {
  const target = PathInContainer === '' || PathInContainer === undefined ? PathOnHost : PathInContainer;
  const refuse = (why: string): TskerError =>
    new TskerError('invalid', `error gathering device information while adding custom device "${PathOnHost}": ${why}`);
  let devices: Device[];
  try {
    devices = hostDevices(PathOnHost, target);
  } catch (cause) {
    throw refuse(messageOf(cause).includes('ENOENT') ? 'no such file or directory' : messageOf(cause));
  }
  if (devices.length === 0) throw refuse('not a device node');
  return devices.map((device) => ({ device, access: CgroupPermissions || 'rwm' }));
}

/** Numbers of a block device for the io limits. */
export function blockDeviceNumbers(path: string): { major: number; minor: number } {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) throw new TskerError('invalid', `${path}: no such file or directory`);
  const [device] = status.isBlockDevice() ? hostDevices(path, path) : [];
  if (device === undefined) throw new TskerError('invalid', `${path}: not a block device`);
  return { major: device.major, minor: device.minor };
}
