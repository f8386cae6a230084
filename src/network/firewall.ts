// The rules of all bridges, kept in the kernel: written down in the ledger, replaced as a whole when a network comes or goes, and
// put back when somebody else flushed them. Where the kernel lacks nf_tables the engine goes on without, and says what that means.
import { ERRNO } from '../native/errno.ts';
import type { Ledger } from '../store/ledger.ts';
import { messageOf } from '../util/errors.ts';
import { LEDGER_OWNER } from './bridge-link.ts';
import { firewallOp, hasErrno, type Kernel } from './kernel.ts';
import { forgetDatagrams } from './nftables/conntrack.ts';
import { batch, type Table } from './nftables/message.ts';
import { addTranslations, deleteTranslations, type Translation } from './nftables/published.ts';
import { type BridgeRules, type LinkRule, removeTable, replaceTable } from './nftables/rules.ts';

export interface FirewallOptions {
  readonly kernel: Kernel;
  readonly ledger: Pick<Ledger, 'record' | 'list'>;
  /** Of the tables: each daemon's own. */
  readonly table: string;
  /** Features.nftables. */
  readonly supported: boolean;
  /** Published ports are reached from localhost by rules: there are no proxies. */
  readonly loopback: boolean;
  readonly warn: (message: string) => void;
}

/** Milliseconds between two looks at the kernel's generation of rules: one small message each. */
const LOOK_EVERY = 1000;

export class Firewall {
  readonly #options: FirewallOptions;
  /** By network id. */
  readonly #bridges = new Map<string, BridgeRules>();
  #translations: readonly Translation[] = [];
  /** The kernel can do it. */
  #translates: boolean;
  /** What the kernel showed after our last change; undefined before the first. */
  #seen: { generation: number; rules: string } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: FirewallOptions) {
    this.#options = options;
    this.#translates = options.supported;
    if (options.supported) return;
    options.warn(
      'the kernel has no nf_tables: containers reach each other and the host, but nothing outside (no masquerading), and networks are not kept apart',
    );
  }

  put(id: string, rules: BridgeRules): void {
    this.#bridges.set(id, rules);
    this.#apply();
  }

  remove(id: string): void {
    if (this.#bridges.delete(id)) this.#apply();
  }

  /** What containers reach of each other on a network without icc. */
  open(id: string, links: readonly LinkRule[]): void {
    const rules = this.#bridges.get(id);
    if (rules === undefined) return;
    this.put(id, { ...rules, links });
  }

  /** Adds elements to what the rules look up; no rule changes. */
  publish(translations: readonly Translation[]): void {
    this.#translations = [...this.#translations, ...translations];
    if (!this.#translates) return;
    this.#change((table) => addTranslations(table, translations));
    this.#forgetDatagrams(translations);
  }

  /** Takes them out again. */
  withdraw(translations: readonly Translation[]): void {
    this.#translations = this.#translations.filter((one) => !translations.includes(one));
    if (!this.#translates) return;
    try {
      this.#change((table) => deleteTranslations(table, translations, this.#translations));
    } catch (error) {
      if (!hasErrno(error, 'ENOENT')) throw error;
      // Somebody flushed them.
      this.#apply();
    }
    this.#forgetDatagrams(translations);
  }

  /** Looks from time to time whether the rules are still there. */
  watch(): void {
    if (!this.#options.supported || this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.check(), LOOK_EVERY);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Puts the rules back when they are not as we left them. */
  check(): void {
    const { kernel, warn, table } = this.#options;
    try {
      const generation = kernel.firewallGeneration();
      if (this.#seen === undefined || this.#seen.generation === generation) return;
      if (kernel.rulesOf(table) === this.#seen.rules) {
        this.#seen = { ...this.#seen, generation };
        return;
      }
      warn(`somebody changed or flushed the firewall table ${table}: it was put back`);
      this.#apply();
    } catch (error) {
      warn(`looking after the firewall table ${table} failed: ${messageOf(error)}`);
    }
  }

  /** `table/chain` of others that drop what containers forward. */
  warnOfOthers(bridge: string): void {
    const { kernel, warn, supported } = this.#options;
    const dropping = supported ? kernel.droppingForwardChains() : [];
    if (dropping.length === 0) return;
    // Docker and many a host firewall do this. An accept in our table does not overrule it, and their tables are theirs.
    warn(
      `firewall chain ${dropping.join(', ')} drops what is forwarded: containers may reach nothing outside until it accepts ${bridge}`,
    );
  }

  #change(messagesFor: (table: Table) => Buffer[]): void {
    const { kernel, table: name } = this.#options;
    const messages = (['ip', 'ip6'] as const).flatMap((family) => messagesFor({ family, name }));
    if (messages.length > 0) kernel.firewall(batch(messages));
  }

  /** A stream of datagrams goes on to where it went before, until the kernel is told to forget it. */
  #forgetDatagrams(translations: readonly Translation[]): void {
    const { kernel, warn } = this.#options;
    for (const { protocol, hostPort, target } of translations) {
      if (protocol !== 'udp') continue;
      try {
        for (const message of forgetDatagrams(target.family === 4 ? 'ip' : 'ip6', hostPort)) kernel.firewall(message);
      } catch (error) {
        warn(`streams of datagrams to port ${hostPort} go where they went: ${messageOf(error)}`);
      }
    }
  }

  #apply(): void {
    const { kernel, supported, table: name } = this.#options;
    if (!supported) return;
    const bridges = [...this.#bridges.values()];
    this.#replace({ family: 'ip', name }, bridges);
    if (
      this.#recorded({ family: 'ip6', name }) ||
      bridges.some(({ subnets }) => subnets.some(({ family }) => family === 6))
    ) {
      this.#replace({ family: 'ip6', name }, bridges);
    }
    // In this order: a change between the two is noticed at the next look.
    const generation = kernel.firewallGeneration();
    this.#seen = { generation, rules: kernel.rulesOf(name) };
  }

  #replace(table: Table, bridges: readonly BridgeRules[]): void {
    const { ledger, warn } = this.#options;
    if (!this.#recorded(table)) {
      ledger.record(LEDGER_OWNER, 'rules', subjectOf(table), [
        { ...firewallOp(removeTable(table)), tolerate: ERRNO.EAFNOSUPPORT },
      ]);
    }
    try {
      this.#replaceRules(table, bridges);
    } catch (error) {
      if (table.family === 'ip' || !hasErrno(error, 'EAFNOSUPPORT')) throw error;
      warn('the kernel has no nf_tables for IPv6: networks with IPv6 are not kept apart');
    }
  }

  /** A kernel without maps or `fib` answers ENOENT: then published ports have their proxies alone. */
  #replaceRules(table: Table, bridges: readonly BridgeRules[]): void {
    const { kernel, warn, loopback } = this.#options;
    if (this.#translates) {
      try {
        kernel.firewall(replaceTable(table, { bridges, publishing: { translations: this.#translations, loopback } }));
        return;
      } catch (error) {
        if (!hasErrno(error, 'ENOENT') && !hasErrno(error, 'EOPNOTSUPP')) throw error;
        this.#translates = false;
        warn('the kernel lacks what published ports need of nf_tables (nft_fib): they go through the proxy');
      }
    }
    kernel.firewall(replaceTable(table, { bridges, publishing: undefined }));
  }

  #recorded(table: Table): boolean {
    const subject = subjectOf(table);
    return this.#options.ledger.list().some((entry) => entry.kind === 'rules' && entry.subject === subject);
  }
}

function subjectOf({ family, name }: Table): string {
  return `table ${family} ${name}`;
}
