// Flags about what a container may do and which namespaces it shares.
import type { HostConfig } from '../../types/container-config.ts';
import { defineFlags, type FlagValues } from '../flags/spec.ts';
import { UsageError } from '../usage-error.ts';
import { defined } from './defined.ts';
import { orUndefined, pairsToMap, readNamedFile, type Surroundings } from './words.ts';

const GROUP = 'Security and namespaces';

export const SECURITY_FLAGS = defineFlags({
  'cap-add': { kind: 'list', summary: 'Add Linux capabilities', group: GROUP },
  'cap-drop': { kind: 'list', summary: 'Drop Linux capabilities', group: GROUP },
  cgroupns: {
    kind: 'string',
    summary: 'Cgroup namespace to use (host|private)',
    choices: ['host', 'private', ''],
    group: GROUP,
  },
  'group-add': { kind: 'list', summary: 'Add additional groups to join', group: GROUP },
  ipc: { kind: 'string', summary: 'IPC mode to use', group: GROUP },
  pid: { kind: 'string', summary: 'PID namespace to use', group: GROUP },
  privileged: { kind: 'boolean', summary: 'Give extended privileges to this container', group: GROUP },
  'security-opt': { kind: 'list', summary: 'Security Options', group: GROUP },
  sysctl: { kind: 'list', value: 'map', summary: 'Sysctl options', group: GROUP },
  userns: { kind: 'string', summary: 'User namespace to use', group: GROUP },
  uts: { kind: 'string', summary: 'UTS namespace to use', group: GROUP },
});

type SecurityFlags = FlagValues<typeof SECURITY_FLAGS>;

export function securityHostConfig(flags: SecurityFlags, around: Surroundings): Partial<HostConfig> {
  const options = flags['security-opt'].map((option) => parseSecurityOption(option, around));
  const unmasked = options.includes('systempaths=unconfined');
  return defined<Partial<HostConfig>>({
    CapAdd: orUndefined(flags['cap-add'].map(capabilityName)),
    CapDrop: orUndefined(flags['cap-drop'].map(capabilityName)),
    CgroupnsMode: flags.cgroupns,
    GroupAdd: orUndefined(flags['group-add']),
    IpcMode: flags.ipc,
    PidMode: flags.pid,
    Privileged: flags.privileged,
    SecurityOpt: orUndefined(options.filter((option) => option !== 'systempaths=unconfined')),
    // An empty list and no list differ: the one masks nothing, the other what the daemon masks by itself.
    MaskedPaths: unmasked ? [] : undefined,
    ReadonlyPaths: unmasked ? [] : undefined,
    Sysctls: pairsToMap(flags.sysctl.map(checkSysctl)),
    UsernsMode: flags.userns,
    UTSMode: flags.uts,
  });
}

/** `net_admin` → `CAP_NET_ADMIN`. */
function capabilityName(text: string): string {
  const name = text.toUpperCase();
  return name === 'ALL' || name.startsWith('CAP_') ? name : `CAP_${name}`;
}

/** A seccomp profile is a file of the client's machine: its content travels. */
function parseSecurityOption(option: string, { readFile }: Surroundings): string {
  if (option === 'no-new-privileges') return option;
  const parts = /^([^=:]+)[=:](.+)$/s.exec(option);
  if (parts === null) throw new UsageError(`invalid --security-opt: ${JSON.stringify(option)}`);
  const [, name = '', value = ''] = parts;
  if (name !== 'seccomp' || value === 'unconfined' || value === 'builtin') return option;
  try {
    return `seccomp=${JSON.stringify(JSON.parse(readNamedFile(value, readFile)))}`;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`opening seccomp profile (${value}) failed: ${why}`);
  }
}

function checkSysctl(pair: string): string {
  if (/^[^=]+=/.test(pair)) return pair;
  throw new UsageError(`invalid sysctl '${pair}': use name=value`);
}
