// How the embedded name server gets into a container's namespace: its first process opens the sockets there, before the program
// runs, and sends them to the daemon. They are on a port of their own, to which 127.0.0.11:53 is translated inside the namespace, so
// that the container can have a name server on port 53 itself. Pure.
import { randomInt } from 'node:crypto';
import type { Op } from '../../native/ops.ts';
import { type Ip, parseAddress, parseCidr } from '../address.ts';
import { firewallOp } from '../kernel.ts';
import { destinationNat, matchNetwork, matchPort, matchProtocol } from '../nftables/expressions.ts';
import { batch, newChain, newRule, newTable, PRIORITIES, type Table } from '../nftables/message.ts';
import { removeTable } from '../nftables/rules.ts';
import { socketAddress } from '../socket-address.ts';

/** Where containers find it; Docker's. */
const NAME_SERVER = '127.0.0.11';
/** How many sockets are sent: UDP, then TCP. */
export const SOCKETS = 2;

const AF_INET = 2;
const TYPES = { udp: 2, tcp: 1 } as const;
const BACKLOG = 64;
const PORT = 53;
const TABLE: Table = { family: 'ip', name: 'tsker-dns' };

/** Above the ports that the kernel hands out by itself (ip_local_port_range); 53 where nothing can be translated. */
export function nameServerPort(nat: boolean): number {
  return nat ? randomInt(61_000, 65_536) : PORT;
}

/** `sockets`: slot of the unix socket that they go over. */
export function nameServerOps(port: number, sockets: number): Op[] {
  const address = parseAddress(NAME_SERVER);
  const open = (type: 'udp' | 'tcp'): Op => ({
    op: 'SOCKET',
    slot: sockets,
    domain: AF_INET,
    type: TYPES[type],
    address: socketAddress(address, port),
    backlog: type === 'tcp' ? BACKLOG : 0,
  });
  return [open('udp'), open('tcp'), ...(port === PORT ? [] : [firewallOp(translation(address, port))])];
}

/** The translation of an earlier one, where there is any. */
export function forgetNameServer(): Op {
  return { ...firewallOp(removeTable(TABLE)), optional: true };
}

function translation(address: Ip, port: number): Buffer {
  const base = { type: 'nat', hook: 'output', priority: PRIORITIES.destinationNat, policy: 'accept' } as const;
  const rule = (protocol: 'udp' | 'tcp'): Buffer =>
    newRule({
      table: TABLE,
      chain: 'output',
      comment: 'names are answered by the engine',
      expressions: [
        ...matchNetwork('daddr', parseCidr(`${NAME_SERVER}/32`)),
        ...matchProtocol(protocol),
        ...matchPort('dport', PORT),
        ...destinationNat(address, port),
      ],
    });
  return batch([newTable(TABLE), newChain({ table: TABLE, name: 'output', base }), rule('udp'), rule('tcp')]);
}
