// Names and bits of Linux capabilities (capabilities(7)), masks for a launch plan, and Docker's default set. It decides
// nothing about users: default-spec.ts does.
import { readFileSync } from 'node:fs';
import { TskerError } from '../util/errors.ts';
import type { Capabilities } from './spec.ts';

/** Every capability by its bit number, linux/capability.h. */
export const CAPABILITY_NAMES: readonly string[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETPCAP',
  'CAP_LINUX_IMMUTABLE',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_BROADCAST',
  'CAP_NET_ADMIN',
  'CAP_NET_RAW',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_SYS_MODULE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_CHROOT',
  'CAP_SYS_PTRACE',
  'CAP_SYS_PACCT',
  'CAP_SYS_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_NICE',
  'CAP_SYS_RESOURCE',
  'CAP_SYS_TIME',
  'CAP_SYS_TTY_CONFIG',
  'CAP_MKNOD',
  'CAP_LEASE',
  'CAP_AUDIT_WRITE',
  'CAP_AUDIT_CONTROL',
  'CAP_SETFCAP',
  'CAP_MAC_OVERRIDE',
  'CAP_MAC_ADMIN',
  'CAP_SYSLOG',
  'CAP_WAKE_ALARM',
  'CAP_BLOCK_SUSPEND',
  'CAP_AUDIT_READ',
  'CAP_PERFMON',
  'CAP_BPF',
  'CAP_CHECKPOINT_RESTORE',
];

const BITS: ReadonlyMap<string, bigint> = new Map(CAPABILITY_NAMES.map((name, bit) => [name, 1n << BigInt(bit)]));

/** The fourteen that Docker gives every container: CapBnd 00000000a80425fb. */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FSETID',
  'CAP_FOWNER',
  'CAP_MKNOD',
  'CAP_NET_RAW',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETFCAP',
  'CAP_SETPCAP',
  'CAP_NET_BIND_SERVICE',
  'CAP_SYS_CHROOT',
  'CAP_KILL',
  'CAP_AUDIT_WRITE',
];

/** The four masks of a process and its bounding set. */
export interface CapabilityMasks {
  readonly bounding: bigint;
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly inheritable: bigint;
  readonly ambient: bigint;
}

/** The mask of a list of names; throws `invalid` for a name that no kernel has. */
export function capabilityMask(names: readonly string[] | undefined): bigint {
  let mask = 0n;
  for (const name of names ?? []) {
    const bit = BITS.get(name);
    if (bit === undefined) throw new TskerError('invalid', `unknown capability "${name}"`);
    mask |= bit;
  }
  return mask;
}

export function capabilityNames(mask: bigint): string[] {
  return CAPABILITY_NAMES.filter((_, bit) => (mask & (1n << BigInt(bit))) !== 0n);
}

/**
 * The masks of an OCI process, cut down to what the daemon itself may give (`available`): a daemon without
 * CAP_SYS_RESOURCE still runs a privileged container, with everything else. No capabilities in the spec: none.
 */
export function capabilityMasks(capabilities: Capabilities | undefined, available: bigint): CapabilityMasks {
  const bounding = capabilityMask(capabilities?.bounding) & available;
  const permitted = capabilityMask(capabilities?.permitted) & available;
  const inheritable = capabilityMask(capabilities?.inheritable) & available;
  return {
    bounding,
    permitted,
    inheritable,
    effective: capabilityMask(capabilities?.effective) & permitted,
    // The kernel refuses an ambient capability that is not both permitted and inheritable.
    ambient: capabilityMask(capabilities?.ambient) & permitted & inheritable,
  };
}

/** A user's spelling (`net_admin`, `CAP_NET_ADMIN`) as the spec's; throws `invalid` when there is no such capability. */
export function normalizeCapability(name: string): string {
  const upper = name.toUpperCase();
  const full = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  if (!BITS.has(full)) throw new TskerError('invalid', `invalid capability: "${name}"`);
  return full;
}

/** The capabilities this kernel knows (`cap_last_cap`), for `ALL` and for privileged containers. */
export function kernelCapabilities(lastCap = readLastCapability()): string[] {
  return CAPABILITY_NAMES.slice(0, lastCap + 1);
}

function readLastCapability(): number {
  return Number.parseInt(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'), 10);
}

/** CapBnd of a /proc/<pid>/status text: the most that a child can be given. */
export function parseBoundingSet(status: string): bigint {
  const match = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status);
  if (match?.[1] === undefined) throw new TskerError('internal', 'no CapBnd in /proc/self/status');
  return BigInt(`0x${match[1]}`);
}

/** `--cap-add` and `--cap-drop` applied to Docker's default: ALL on either side, drops win over the default, adds last. */
export function adjustCapabilities(
  changes: { add?: readonly string[]; drop?: readonly string[] },
  all: readonly string[] = kernelCapabilities(),
): string[] {
  const isAll = (name: string): boolean => name.toUpperCase() === 'ALL';
  const dropped = new Set((changes.drop ?? []).filter((name) => !isAll(name)).map(normalizeCapability));
  const added = (changes.add ?? []).filter((name) => !isAll(name)).map(normalizeCapability);
  if ((changes.add ?? []).some(isAll)) return all.filter((name) => !dropped.has(name));
  const base = (changes.drop ?? []).some(isAll) ? [] : DEFAULT_CAPABILITIES.filter((name) => !dropped.has(name));
  return [...new Set([...base, ...added])];
}
