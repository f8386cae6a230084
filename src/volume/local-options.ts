// The options type, device and o of a local volume as what mount(2) takes (moby volume/local, sys/mount). Pure.
import {
  MS_BIND,
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_RDONLY,
  MS_REC,
  MS_RELATIME,
  MS_REMOUNT,
  MS_STRICTATIME,
  MS_SYNCHRONOUS,
} from '../native/linux.ts';
import type { Op } from '../native/ops.ts';
import { TskerError } from '../util/errors.ts';
import type { Texts } from './volume.ts';

/** What is mounted at a volume's path. */
export interface LocalMount {
  readonly type: string;
  readonly device: string;
  readonly flags: number;
  /** Options for the file system itself. */
  readonly data: string;
}

const KNOWN = ['type', 'device', 'o', 'size'];

const FLAGS: Readonly<Record<string, readonly [set: number, clear: number]>> = {
  defaults: [0, 0],
  ro: [MS_RDONLY, 0],
  rw: [0, MS_RDONLY],
  suid: [0, MS_NOSUID],
  nosuid: [MS_NOSUID, 0],
  dev: [0, MS_NODEV],
  nodev: [MS_NODEV, 0],
  exec: [0, MS_NOEXEC],
  noexec: [MS_NOEXEC, 0],
  sync: [MS_SYNCHRONOUS, 0],
  async: [0, MS_SYNCHRONOUS],
  atime: [0, MS_NOATIME],
  noatime: [MS_NOATIME, 0],
  diratime: [0, MS_NODIRATIME],
  nodiratime: [MS_NODIRATIME, 0],
  relatime: [MS_RELATIME, 0],
  norelatime: [0, MS_RELATIME],
  strictatime: [MS_STRICTATIME, 0],
  nostrictatime: [0, MS_STRICTATIME],
  bind: [MS_BIND, 0],
  rbind: [MS_BIND | MS_REC, 0],
};

/** Undefined: a plain directory. Throws `invalid` with Docker's message. */
export function parseLocalOptions(options: Texts): LocalMount | undefined {
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) throw new TskerError('invalid', `invalid option: "${unknown}"`);
  if (options['size'] !== undefined && options['size'] !== '') {
    throw new TskerError('invalid', 'quota size requested but no quota support', {
      hint: 'a volume of a bounded size: --opt type=tmpfs --opt device=tmpfs --opt o=size=10m',
    });
  }
  const { type = '', device = '', o = '' } = options;
  if (type === '' && device === '' && o === '') return undefined;
  if (device === '') throw new TskerError('invalid', 'missing required option: "device"');
  return { type, device, ...splitOptions(o) };
}

function splitOptions(text: string): Pick<LocalMount, 'flags' | 'data'> {
  let flags = 0;
  const data: string[] = [];
  for (const word of text.split(',').filter(Boolean)) {
    const known = Object.hasOwn(FLAGS, word) ? FLAGS[word] : undefined;
    if (known === undefined) data.push(word);
    else flags = (flags & ~known[1]) | known[0];
  }
  return { flags, data: data.join(',') };
}

/** A bind takes its other flags only when it is mounted once more. */
export function localMountOps({ type, device, flags, data }: LocalMount, target: string): Op[] {
  const isBind = (flags & MS_BIND) !== 0;
  const first = isBind ? flags & (MS_BIND | MS_REC) : flags;
  const mount = { op: 'MOUNT', source: device, target, type, flags: first, data } as const;
  const rest = isBind ? flags & ~(MS_BIND | MS_REC) : 0;
  if (rest === 0) return [mount];
  return [mount, { ...mount, flags: rest | MS_BIND | MS_REMOUNT }];
}

/** As Docker tells of it. */
export function describeLocalMount({ device, flags, data }: LocalMount, target: string): string {
  const shown = flags === 0 ? '' : `, flags: 0x${flags.toString(16)}`;
  return `mount ${device}:${target}${shown}${data === '' ? '' : `, data: ${data}`}`;
}

/** The host of an NFS or CIFS mount that has to be looked up: the kernel takes addresses only. */
export function hostToResolve({ type, data }: LocalMount): string | undefined {
  if (type !== 'nfs' && type !== 'nfs4' && type !== 'cifs') return undefined;
  const host = /(?:^|,)addr=([^,]+)/.exec(data)?.[1];
  return host === undefined || /^\d+\.\d+\.\d+\.\d+$/.test(host) || host.includes(':') ? undefined : host;
}

export function withAddress(mount: LocalMount, host: string, address: string): LocalMount {
  return { ...mount, data: mount.data.replace(`addr=${host}`, `addr=${address}`) };
}
