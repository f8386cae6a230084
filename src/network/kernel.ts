// Asks the host's kernel over netlink: a socket for each question, but one for all of the firewall's; the answers decoded. The
// words of the questions are netlink/ and nftables/; what happens in a container's namespace is not asked from here but travels in
// its launch plan.

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
  /** Closing one waits until the kernel has freed all that was ever deleted: some milliseconds, in which nobody else goes on. */
  #firewall: number | undefined;

  constructor(transport: NetlinkTransport) {
    this.#transport = transport;
  }

  /** Changes links, addresses or routes; throws TskerError with the kernel's errno. */
  route(request: Buffer): Buffer {
    const socket = this.#transport.netlinkOpen(NETLINK_ROUTE);
    try {
      return this.#transport.netlinkCall(socket, request);
    } finally {
      this.#transport.close(socket);
    }
  }

  /** Changes the firewall: a batch of nf_tables. */
  firewall(batch: Buffer): void {
    this.#askFirewall(batch);
  }

  close(): void {
    if (this.#firewall !== undefined) this.#transport.close(this.#firewall);
    this.#firewall = undefined;
  }

  links(): LinkFacts[] {
    return decodeLinks(undisturbed(() => this.route(dumpLinks())));
  }

  addresses(): AddressFacts[] {
    return decodeAddresses(undisturbed(() => this.route(dumpAddresses())));
  }

  routes(): RouteFacts[] {
    return decodeRoutes(undisturbed(() => this.route(dumpRoutes())));
  }

  /** `table/chain` of every chain that drops what is forwarded unless it says otherwise itself. */
  droppingForwardChains(): string[] {
    return droppingForwardChains(undisturbed(() => this.#askFirewall(dumpChains())));
  }

  /** A number that changes with every change of anybody's rules. */
  firewallGeneration(): number {
    return decodeGeneration(this.#askFirewall(getGeneration()));
  }

  /** The rules of the tables of a name, as a text to compare. */
  rulesOf(table: string): string {
    return identifyRules(
      undisturbed(() => this.#askFirewall(dumpRules(table))),
      table,
    );
  }

  /** One that failed is not asked again: what it still has to say is about that. */
  #askFirewall(request: Buffer): Buffer {
    this.#firewall ??= this.#transport.netlinkOpen(NETLINK_NETFILTER);
    try {
      return this.#transport.netlinkCall(this.#firewall, request);
    } catch (error) {
      this.close();
      throw error;
    }
  }
}

/** A list that changed while it was read is inconsistent (NLM_F_DUMP_INTR): containers come and go. It is read again. */
function undisturbed(dump: () => Buffer): Buffer {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return dump();
    } catch (error) {
      if (!hasErrno(error, 'EINTR') || attempt === DUMP_ATTEMPTS) throw error;
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
