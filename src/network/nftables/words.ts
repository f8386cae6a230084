// Rules of nf_tables back into nft's words, and what they name: interfaces and networks. It knows the expressions that our own rules
// are made of and their usual neighbours; of others the name is shown. Pure; bytes come from the kernel and are trusted in no length.
import { type Cidr, type Family, formatAddress, fromBytes } from '../address.ts';
import { be32, decodeAttributes, decodeMessages, decodeText, encodeMessage, NLM } from '../netlink/message.ts';

const NFT_MSG_NEWRULE = 0xa06;
const NFT_MSG_GETRULE = 0xa07;
const NFTA_RULE = { TABLE: 1, CHAIN: 2, HANDLE: 3, EXPRESSIONS: 4, USERDATA: 7 } as const;
const UDATA_COMMENT = 0;
const FAMILIES: Readonly<Record<number, string>> = { 1: 'inet', 2: 'ip', 3: 'arp', 7: 'bridge', 10: 'ip6' };
const OPERATORS = ['', '!= ', '< ', '<= ', '> ', '>= '];
const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6', 132: 'sctp' };
const META: Readonly<Record<number, readonly [string, Kind]>> = {
  4: ['iif', 'number'],
  5: ['oif', 'number'],
  6: ['iifname', 'interface'],
  7: ['oifname', 'interface'],
  15: ['meta nfproto', 'number'],
  16: ['meta l4proto', 'protocol'],
};
const LOADS: ReadonlySet<string> = new Set(['meta', 'payload', 'ct', 'fib']);
const IPS_DST_NAT = 0x20;
const CT_STATES = ['invalid', 'established', 'related', 'new'];
const ADDRESS_TYPES: Readonly<Record<number, string>> = { 1: 'unicast', 2: 'local', 3: 'broadcast', 5: 'multicast' };
const VERDICTS: Readonly<Record<number, string>> = {
  [-1]: 'continue',
  [-2]: 'break',
  [-3]: 'jump',
  [-4]: 'goto',
  [-5]: 'return',
  0: 'drop',
  1: 'accept',
};

export interface RuleWords {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly handle: number;
  readonly text: string;
  readonly comment: string | undefined;
  /** Names of interfaces that it asks for. */
  readonly interfaces: readonly string[];
  readonly networks: readonly Cidr[];
}

type Kind = 'interface' | 'protocol' | 'port' | 'saddr' | 'daddr' | 'state' | 'status' | 'type' | 'number';

/** What a register holds. */
interface Loaded {
  readonly name: string;
  readonly kind: Kind;
  readonly mask?: Buffer;
}

/** All rules of all tables. */
export function dumpAllRules(): Buffer {
  return encodeMessage({ type: NFT_MSG_GETRULE, flags: NLM.DUMP }, [Buffer.alloc(4)]);
}

export function decodeRules(answer: Buffer): RuleWords[] {
  return decodeMessages(answer).flatMap(({ type, payload }) => (type === NFT_MSG_NEWRULE ? [decodeRule(payload)] : []));
}

function decodeRule(payload: Buffer): RuleWords {
  const attributes = decodeAttributes(payload.subarray(4));
  const text = (key: number): string => decodeText(attributes.get(key) ?? Buffer.alloc(0));
  const reader = new RuleReader(payload[0] === 10 ? 6 : 4);
  for (const element of listOf(attributes.get(NFTA_RULE.EXPRESSIONS))) {
    const parts = decodeAttributes(element);
    reader.take(decodeText(parts.get(1) ?? Buffer.alloc(0)), decodeAttributes(parts.get(2) ?? Buffer.alloc(0)));
  }
  return {
    family: FAMILIES[payload[0] ?? 0] ?? String(payload[0]),
    table: text(NFTA_RULE.TABLE),
    chain: text(NFTA_RULE.CHAIN),
    handle: Number(attributes.get(NFTA_RULE.HANDLE)?.readBigUInt64BE(0) ?? 0n),
    text: reader.words.join(' '),
    comment: commentOf(attributes.get(NFTA_RULE.USERDATA)),
    interfaces: reader.interfaces,
    networks: reader.networks,
  };
}

class RuleReader {
  readonly words: string[] = [];
  readonly interfaces: string[] = [];
  readonly networks: Cidr[] = [];
  readonly #family: Family;
  /** By their first byte: NFT_REG_1 and NFT_REG32_00 are the same memory. */
  readonly #registers = new Map<number, Loaded>();

  constructor(family: Family) {
    this.#family = family;
  }

  /** One expression: what it loads is remembered, what it says is a word of the rule. */
  take(name: string, data: Map<number, Buffer>): void {
    const number = (key: number): number => be32(data.get(key)) ?? 0;
    if (name === 'bitwise') this.#mask(number(1), number(2), dataOf(data.get(4)));
    else if (LOADS.has(name)) this.#registers.set(place(number(1)), this.#loaded(name, number));
    else {
      const word = this.#word(name, data);
      if (word !== undefined) this.words.push(word);
    }
  }

  #loaded(name: string, number: (key: number) => number): Loaded {
    if (name === 'payload') return this.#payload(number(2), number(3), number(4));
    if (name === 'fib') return { name: 'fib daddr type', kind: 'type' };
    if (name === 'ct')
      return number(2) === 0 ? { name: 'ct state', kind: 'state' } : { name: 'ct status', kind: 'status' };
    const [word, kind] = META[number(2)] ?? [`meta ${number(2)}`, 'number'];
    return { name: word, kind };
  }

  #word(name: string, data: Map<number, Buffer>): string | undefined {
    const number = (key: number): number => be32(data.get(key)) ?? 0;
    switch (name) {
      case 'cmp':
        return this.#compare(this.#registers.get(place(number(1))), number(2), dataOf(data.get(3)));
      case 'lookup':
        return this.#lookup(decodeText(data.get(1) ?? Buffer.alloc(0)), data.has(3));
      case 'immediate':
        return verdictOf(number(1), decodeAttributes(data.get(2) ?? Buffer.alloc(0)));
      case 'counter':
        return `counter packets ${big(data.get(2))} bytes ${big(data.get(1))}`;
      case 'masq':
        return 'masquerade';
      case 'nat':
        return number(1) === 1 ? 'dnat' : 'snat';
      default:
        return name;
    }
  }

  #payload(base: number, offset: number, length: number): Loaded {
    const [saddr, daddr] = this.#family === 4 ? [12, 16] : [8, 24];
    const prefix = this.#family === 4 ? 'ip' : 'ip6';
    if (base === 1 && offset === saddr) return { name: `${prefix} saddr`, kind: 'saddr' };
    if (base === 1 && offset === daddr) return { name: `${prefix} daddr`, kind: 'daddr' };
    if (base === 2 && length === 2) return { name: offset === 0 ? 'th sport' : 'th dport', kind: 'port' };
    return { name: `@${base},${offset * 8},${length * 8}`, kind: 'number' };
  }

  #mask(from: number, to: number, mask: Buffer): void {
    const loaded = this.#registers.get(place(from));
    if (loaded !== undefined) this.#registers.set(place(to), { ...loaded, mask });
  }

  #compare(loaded: Loaded | undefined, operator: number, value: Buffer): string {
    if (loaded === undefined) return 'cmp';
    const { name, kind, mask } = loaded;
    if (kind === 'state') return `${name} ${states(mask ?? value)}`;
    if (kind === 'status') return `${name} ${statusText(mask ?? value)}`;
    return `${name} ${OPERATORS[operator] ?? ''}${this.#value(kind, value, mask)}`;
  }

  #value(kind: Kind, value: Buffer, mask: Buffer | undefined): string {
    switch (kind) {
      case 'interface': {
        const name = decodeText(value);
        this.interfaces.push(name);
        return JSON.stringify(name);
      }
      case 'saddr':
      case 'daddr':
        return this.#network(value, mask);
      case 'protocol':
        return PROTOCOLS[value[0] ?? 0] ?? String(value[0]);
      case 'port':
        return value.length < 2 ? '?' : String(value.readUInt16BE(0));
      case 'type':
        return value.length < 4 ? '?' : (ADDRESS_TYPES[value.readUInt32LE(0)] ?? value.toString('hex'));
      default:
        return `0x${value.toString('hex')}`;
    }
  }

  /** A prefix of whole bytes is compared as such, any other behind a mask. */
  #network(value: Buffer, mask: Buffer | undefined): string {
    const size = this.#family === 4 ? 4 : 16;
    if (value.length > size || value.length === 0) return `0x${value.toString('hex')}`;
    const whole = Buffer.alloc(size);
    value.copy(whole);
    const prefixLength = mask === undefined ? value.length * 8 : ones(mask);
    const ip = fromBytes(whole);
    this.networks.push({ family: this.#family, address: ip.value, prefixLength });
    return `${formatAddress(ip)}${prefixLength === size * 8 ? '' : `/${prefixLength}`}`;
  }

  /** Of the registers that were loaded for it. */
  #lookup(set: string, isMap: boolean): string {
    const fields = [...this.#registers.entries()]
      .toSorted(([a], [b]) => a - b)
      .map(([, { name }]) => name)
      .join(' . ');
    return isMap ? `to ${fields} map @${set}` : `${fields} @${set}`;
  }
}

function verdictOf(register: number, data: Map<number, Buffer>): string | undefined {
  const verdict = data.get(2);
  if (register !== 0 || verdict === undefined) return undefined;
  const parts = decodeAttributes(verdict);
  const code = parts.get(1)?.readInt32BE(0) ?? 0;
  const chain = parts.get(2);
  return [VERDICTS[code] ?? String(code), ...(chain === undefined ? [] : [decodeText(chain)])].join(' ');
}

function statusText(bits: Buffer): string {
  return bits.length >= 4 && bits.readUInt32LE(0) === IPS_DST_NAT ? 'dnat' : `0x${bits.toString('hex')}`;
}

/** The byte of the register file where a register begins. */
function place(register: number): number {
  return register >= 8 ? (register - 8) * 4 : (register - 1) * 16;
}

function states(bits: Buffer): string {
  const value = bits.length < 4 ? 0 : bits.readUInt32LE(0);
  return CT_STATES.filter((_, bit) => (value & (1 << bit)) !== 0).join(',');
}

function ones(mask: Buffer): number {
  return [...mask].reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
}

function dataOf(bytes: Buffer | undefined): Buffer {
  return decodeAttributes(bytes ?? Buffer.alloc(0)).get(1) ?? Buffer.alloc(0);
}

function big(bytes: Buffer | undefined): string {
  return bytes === undefined || bytes.length < 8 ? '0' : String(bytes.readBigUInt64BE(0));
}

/** The elements of a list attribute, all of one type. */
function listOf(bytes: Buffer = Buffer.alloc(0)): Buffer[] {
  const elements: Buffer[] = [];
  for (let offset = 0; offset + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(offset);
    if (length < 4 || offset + length > bytes.length) break;
    elements.push(bytes.subarray(offset + 4, offset + length));
    offset += (length + 3) & ~3;
  }
  return elements;
}

function commentOf(userdata: Buffer | undefined): string | undefined {
  if (userdata === undefined || userdata[0] !== UDATA_COMMENT) return undefined;
  return decodeText(userdata.subarray(2, 2 + (userdata[1] ?? 0)));
}
