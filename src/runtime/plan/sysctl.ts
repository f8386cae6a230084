// Kernel parameters of a container: only those that belong to a namespace of its own, since any other is the host's. Pure.
import type { Op } from '../../native/ops.ts';
import { TskerError } from '../../util/errors.ts';
import type { NamespaceType, Spec } from '../spec.ts';

const IPC = new Set([
  'kernel.msgmax',
  'kernel.msgmnb',
  'kernel.msgmni',
  'kernel.sem',
  'kernel.shmall',
  'kernel.shmmax',
  'kernel.shmmni',
  'kernel.shm_rmid_forced',
]);

/** For a spec that somebody else carries out. Throws `invalid` for a parameter that is not the container's own. */
export function checkSysctls(spec: Spec): void {
  for (const name of Object.keys(spec.linux.sysctl ?? {})) check(normalize(name), spec);
}

/** Written while /proc/sys is still writable. Throws as checkSysctls. */
export function sysctlOps(spec: Spec): Op[] {
  checkSysctls(spec);
  return Object.entries(spec.linux.sysctl ?? {}).map(([name, value]): Op => {
    const key = normalize(name);
    return { op: 'WRITE', path: `/proc/sys/${key.replaceAll('.', '/')}`, data: value, inRoot: true };
  });
}

/** `net/ipv4/conf/eth0.100/forwarding` and `net.ipv4.ip_forward` are both in use; a slash first means dots are literal. */
function normalize(name: string): string {
  const separator = /[./]/.exec(name)?.[0];
  return separator === '/' ? name.replaceAll('/', '.') : name;
}

function check(key: string, spec: Spec): void {
  if (!/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$/.test(key)) throw new TskerError('invalid', `invalid sysctl "${key}"`);
  const needed = namespaceOf(key);
  if (needed === undefined) {
    throw new TskerError('invalid', `sysctl "${key}" is not in a separate kernel namespace`);
  }
  // A joined namespace was somebody else's first; runc compares with the host's own, which a path can still be.
  const own = spec.linux.namespaces.some(({ type }) => type === needed);
  if (!own) throw new TskerError('invalid', `sysctl "${key}" not allowed in host ${needed} namespace`);
}

function namespaceOf(key: string): NamespaceType | undefined {
  if (IPC.has(key) || key.startsWith('fs.mqueue.')) return 'ipc';
  if (key.startsWith('net.')) return 'network';
  if (key === 'kernel.domainname') return 'uts';
  return undefined;
}
