// The proxies of published ports: the helper in a process of its own for each, for packets that rules do not reach (those from
// localhost, and all where the kernel has no nf_tables). It has no capabilities, and dies with the daemon.
import { O_RDWR } from '../../native/linux.ts';
import type { Native, Spawned } from '../../native/native.ts';
import type { Op } from '../../native/ops.ts';
import { SIGNALS } from '../../native/signals.ts';
import type { Ip } from '../address.ts';
import { socketAddress } from '../socket-address.ts';
import type { HeldPort } from './reserve.ts';

/** Slots behind stdio (3 and 4 are the helper's own). */
const DAEMON_SLOT = 5;
const SOCKET_SLOT = 6;
/** nobody: a process that only reads and writes sockets needs to be nobody else. */
const NOBODY = 65_534;
const SIGKILL = SIGNALS['SIGKILL'] ?? 9;

export type ProxyNative = Pick<Native, 'spawn' | 'open' | 'close' | 'pidfdOpen'>;

export interface ProxyRequest {
  readonly port: HeldPort;
  readonly target: Ip;
}

/** Throws what spawn throws. */
export function startProxy(native: ProxyNative, { port, target }: ProxyRequest): Spawned {
  const none = native.open('/dev/null', O_RDWR);
  const daemon = native.pidfdOpen(process.pid);
  try {
    return native.spawn({
      cloneFlags: 0,
      fds: [none, none, none, daemon, port.socket],
      plan: proxyPlan(socketAddress(target, port.containerPort)),
    });
  } finally {
    native.close(daemon);
    native.close(none);
  }
}

function proxyPlan(address: Uint8Array): Op[] {
  const none = { effective: 0n, permitted: 0n, inheritable: 0n, ambient: 0n };
  return [
    { op: 'SETSID' },
    { op: 'CHDIR', path: '/' },
    { op: 'BOUNDING', mask: 0n },
    { op: 'USER', uid: NOBODY, gid: NOBODY, groups: Buffer.alloc(0) },
    { op: 'CAPABILITIES', ...none },
    { op: 'NO_NEW_PRIVS' },
    // Behind the change of user, which would take it back.
    { op: 'DEATHSIG', signal: SIGKILL, slot: DAEMON_SLOT },
    { op: 'PROXY', slot: SOCKET_SLOT, address },
  ];
}
