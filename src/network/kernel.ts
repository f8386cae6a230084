// Asks the host's kernel over netlink: one socket a question, the answers decoded. The words of the questions are netlink/
// and nftables/; what happens in a container's namespace is not asked from here but travels in its launch plan.

import { NETLINK_ROUTE } from '../native/linux.ts';
import type { Native } from '../native/native.ts';
import type { Op } from '../native/ops.ts';
import { TskerError } from '../util/errors.ts';
import { decodeLinks, dumpLinks, type LinkFacts } from './netlink/link.ts';
import {
  type AddressFacts,
  decodeAddresses,
  decodeRoutes,
  dumpAddresses,
  dumpRoutes,
  type RouteFacts,
} from './netlink/route.ts';
import { droppingForwardChains, dumpChains } from './nftables/chains.ts';
import { NETLINK_NETFILTER } from './nftables/message.ts';
import { decodeGeneration, dumpRules, getGeneration, identifyRules } from './nftables/watch.ts';

/** What of the native library carries netlink messages. */
export type NetlinkTransport = Pick<Native, 'netlinkOpen' | 'netlinkCall' | 'close'>;

/** Slot of a NETLINK operation that opens a socket in the namespace where it runs. */
export const CURRENT_NAMESPACE = -1;

const DUMP_ATTEMPTS = 50;

export class Kernel {
  readonly #transport: NetlinkTransport;

  constructor(transport: NetlinkTransport) {
    this.#transport = transport;
  }

  /** Changes links, addresses or routes; throws TskerError with the kernel's errno. */
  route(request: Buffer): Buffer {
    return this.#call(NETLINK_ROUTE, request);
  }

  /** Changes the firewall: a batch of nf_tables. */
  firewall(batch: Buffer): void {
    this.#call(NETLINK_NETFILTER, batch);
  }

  links(): LinkFacts[] {
    return decodeLinks(this.#dump(NETLINK_ROUTE, dumpLinks()));
  }

  addresses(): AddressFacts[] {
    return decodeAddresses(this.#dump(NETLINK_ROUTE, dumpAddresses()));
  }

  routes(): RouteFacts[] {
    return decodeRoutes(this.#dump(NETLINK_ROUTE, dumpRoutes()));
  }

  /** `table/chain` of every chain that drops what is forwarded unless it says otherwise itself. */
  droppingForwardChains(): string[] {
    return droppingForwardChains(this.#dump(NETLINK_NETFILTER, dumpChains()));
  }

  /** A number that changes with every change of anybody's rules. */
  firewallGeneration(): number {
    return decodeGeneration(this.#call(NETLINK_NETFILTER, getGeneration()));
  }

  /** The rules of the tables of a name, as a text to compare. */
  rulesOf(table: string): string {
    return identifyRules(this.#dump(NETLINK_NETFILTER, dumpRules(table)), table);
  }

  /** A list that changed while it was read is inconsistent (NLM_F_DUMP_INTR): containers come and go. It is read again. */
  #dump(protocol: number, request: Buffer): Buffer {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return this.#call(protocol, request);
      } catch (error) {
        if (!hasErrno(error, 'EINTR') || attempt === DUMP_ATTEMPTS) throw error;
      }
    }
  }

  #call(protocol: number, request: Buffer): Buffer {
    const socket = this.#transport.netlinkOpen(protocol);
    try {
      return this.#transport.netlinkCall(socket, request);
    } finally {
      this.#transport.close(socket);
    }
  }
}

/** An operation that sends rtnetlink messages from the namespace it runs in. */
export function routeOp(messages: readonly Buffer[], slot = CURRENT_NAMESPACE): Op & { op: 'NETLINK' } {
  return { op: 'NETLINK', slot, protocol: NETLINK_ROUTE, messages: Buffer.concat(messages) };
}

/** An operation that applies a batch of nf_tables. */
export function firewallOp(batch: Buffer): Op & { op: 'NETLINK' } {
  return { op: 'NETLINK', slot: CURRENT_NAMESPACE, protocol: NETLINK_NETFILTER, messages: batch };
}

export function hasErrno(error: unknown, errno: string): boolean {
  return error instanceof TskerError && error.errno === errno;
}
