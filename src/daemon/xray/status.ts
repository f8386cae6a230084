// What /proc/<pid>/status, cgroup, mountinfo, uid_map and ns say, taken apart (proc(5)). Pure but for readNamespaces; texts come from
// a container's processes and are trusted in no length.
import { readlinkSync } from 'node:fs';
import { capabilityNames } from '../../runtime/capabilities.ts';
import type { XrayCapabilities, XrayIdRange, XrayMount, XrayPrivileges } from '../../types/xray.ts';

export const NAMESPACE_TYPES = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'] as const;
export type NamespaceName = (typeof NAMESPACE_TYPES)[number];

/** `Name:\tvalue` lines. */
export function parseStatus(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const colon = line.indexOf(':');
      return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1).trim()] as const];
    }),
  );
}

export interface PrivilegeTexts {
  readonly status: string;
  readonly uidMap: string;
  readonly gidMap: string;
  /** Of attr/current; undefined without a security module. */
  readonly label: string | undefined;
}

const SECCOMP: Readonly<Record<string, XrayPrivileges['seccomp']>> = { 1: 'strict', 2: 'filter' };

export function parsePrivileges({ status, uidMap, gidMap, label }: PrivilegeTexts): XrayPrivileges {
  const fields = parseStatus(status);
  const filters = fields.get('Seccomp_filters');
  return {
    capabilities: parseCapabilities(fields),
    seccomp: SECCOMP[fields.get('Seccomp') ?? '0'] ?? 'off',
    ...(filters === undefined ? {} : { seccompFilters: Number(filters) }),
    noNewPrivileges: fields.get('NoNewPrivs') === '1',
    uids: numbers(fields.get('Uid')),
    gids: numbers(fields.get('Gid')),
    groups: numbers(fields.get('Groups')),
    uidMap: parseMap(uidMap),
    gidMap: parseMap(gidMap),
    ...(label === undefined ? {} : { label }),
  };
}

function parseCapabilities(fields: ReadonlyMap<string, string>): XrayCapabilities {
  const names = (key: string): string[] => capabilityNames(BigInt(`0x${fields.get(key) ?? '0'}`));
  return {
    effective: names('CapEff'),
    permitted: names('CapPrm'),
    inheritable: names('CapInh'),
    bounding: names('CapBnd'),
    ambient: names('CapAmb'),
  };
}

function parseMap(text: string): XrayIdRange[] {
  return text.split('\n').flatMap((line) => {
    const [inside, outside, count] = numbers(line);
    return inside === undefined || outside === undefined || count === undefined ? [] : [{ inside, outside, count }];
  });
}

function numbers(text = ''): number[] {
  return text
    .split(/\s+/)
    .filter((word) => /^\d+$/.test(word))
    .map(Number);
}

/** One hierarchy of /proc/<pid>/cgroup. */
export interface CgroupLine {
  /** `memory`, `cpu,cpuacct`, `name=systemd`; '' for v2. */
  readonly controllers: string;
  readonly path: string;
}

export function parseCgroupLines(text: string): CgroupLine[] {
  return text.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return controllers === undefined || path === undefined ? [] : [{ controllers, path }];
  });
}

export function parseMounts(mountinfo: string): XrayMount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ', 2);
    if (before === undefined || after === undefined) return [];
    const [, , , from = '', target = '', options = '', ...optional] = before.split(' ');
    const [type = '', source = '', superOptions = ''] = after.split(' ');
    const propagation = optional.filter((word) => word !== '').join(',') || 'private';
    return [
      {
        target: plain(target),
        type,
        source: plain(source),
        from: plain(from),
        options,
        superOptions: plain(superOptions),
        propagation,
      },
    ];
  });
}

/** Spaces and the like are in octal. */
function plain(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** Inodes by type; those that the kernel lacks are missing. Throws when the process has ended. */
export function readNamespaces(pid: number | 'self'): ReadonlyMap<NamespaceName, number> {
  return new Map(
    NAMESPACE_TYPES.flatMap((type) => {
      try {
        const inode = /\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/ns/${type}`))?.[1];
        return inode === undefined ? [] : [[type, Number(inode)] as const];
      } catch (error) {
        // `time` came with 5.6; of a process that has ended none is there.
        if (type === 'time' && (error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw error;
      }
    }),
  );
}
