// Expressions of nf_tables: the small instructions a rule is made of. Each function is a phrase of a rule as one would say it
// to nft (`oifname "x"`, `ip saddr 10.0.0.0/8`, `masquerade`) and gives the instructions for it. Pure bytes.
import { type Cidr, type Ip, maskOf, networkOf, toBytes } from '../address.ts';
import { attribute, be32Attribute, nested, textAttribute } from '../netlink/message.ts';
import { PROTOCOLS, type Protocol, portBytes } from '../protocols.ts';

const NFTA_EXPR = { NAME: 1, DATA: 2 } as const;
const NFTA_DATA = { VALUE: 1, VERDICT: 2 } as const;
const NFTA_VERDICT_CODE = 1;
const NFTA_META = { DREG: 1, KEY: 2 } as const;
const NFTA_CMP = { SREG: 1, OP: 2, DATA: 3 } as const;
const NFTA_PAYLOAD = { DREG: 1, BASE: 2, OFFSET: 3, LEN: 4 } as const;
const NFTA_BITWISE = { SREG: 1, DREG: 2, LEN: 3, MASK: 4, XOR: 5 } as const;
const NFTA_IMMEDIATE = { DREG: 1, DATA: 2 } as const;
const NFTA_CT = { DREG: 1, KEY: 2 } as const;
const NFTA_LOOKUP = { SET: 1, SREG: 2, DREG: 3 } as const;
const NFTA_FIB = { DREG: 1, RESULT: 2, FLAGS: 3 } as const;
const NFTA_NAT = { TYPE: 1, FAMILY: 2, REG_ADDR_MIN: 3, REG_PROTO_MIN: 5, FLAGS: 7 } as const;

const REGISTER_VERDICT = 0;
const REGISTER = 1;
const SECOND_REGISTER = 2;
/** The same memory in registers of four bytes: NFT_REG32_00 is where REGISTER begins. */
const SMALL_REGISTER = 8;
const META_KEYS = { iifname: 6, oifname: 7 } as const;
const META_L4PROTO = 16;
const NAT_DESTINATION = 1;
/** NF_NAT_RANGE_PROTO_SPECIFIED. */
const NAT_WITH_PORT = 2;
const NFPROTO = { 4: 2, 6: 10 } as const;
const CMP = { equal: 0, unequal: 1 } as const;
const NETWORK_HEADER = 1;
const TRANSPORT_HEADER = 2;
const PORT_OFFSETS = { sport: 0, dport: 2 } as const;
const CT_STATE = 0;
const CT_STATUS = 2;
const IPS_DST_NAT = 0x20;
const FIB_ADDRESS_TYPE = 3;
const FIB_DESTINATION = 2;
const RTN_LOCAL = 2;
const CT_STATE_BITS = { invalid: 1, established: 2, related: 4, new: 8 } as const;
const VERDICTS = { drop: 0, accept: 1 } as const;
const IFNAMSIZ = 16;
const ADDRESS_SIZES = { 4: 4, 6: 16 } as const;
const ADDRESS_OFFSETS = { 4: { saddr: 12, daddr: 16 }, 6: { saddr: 8, daddr: 24 } } as const;

/** `iifname "x"`, `oifname != "x"`. By name, so that a rule outlives the interface's deletion and return. */
export function matchInterface(key: keyof typeof META_KEYS, operator: keyof typeof CMP, name: string): Buffer[] {
  const padded = Buffer.alloc(IFNAMSIZ);
  padded.write(name, 'latin1');
  return [
    expression('meta', [be32Attribute(NFTA_META.KEY, META_KEYS[key]), be32Attribute(NFTA_META.DREG, REGISTER)]),
    compare(operator, padded),
  ];
}

/** `ip saddr 172.17.0.0/16`, `ip6 saddr fd00::/64`. */
export function matchNetwork(field: 'saddr' | 'daddr', network: Cidr, operator: keyof typeof CMP = 'equal'): Buffer[] {
  const whole = toBytes(networkOf(network));
  // A prefix of whole bytes is compared as such, as nft does it: no mask is needed.
  const aligned = network.prefixLength > 0 && network.prefixLength % 8 === 0;
  const address = aligned ? whole.subarray(0, network.prefixLength / 8) : whole;
  return [
    expression('payload', [
      be32Attribute(NFTA_PAYLOAD.DREG, REGISTER),
      be32Attribute(NFTA_PAYLOAD.BASE, NETWORK_HEADER),
      be32Attribute(NFTA_PAYLOAD.OFFSET, ADDRESS_OFFSETS[network.family][field]),
      be32Attribute(NFTA_PAYLOAD.LEN, address.length),
    ]),
    ...(aligned ? [] : [mask(toBytes(maskOf(network.family, network.prefixLength)))]),
    compare(operator, address),
  ];
}

/** `ct state established,related`. */
export function matchState(states: readonly (keyof typeof CT_STATE_BITS)[]): Buffer[] {
  const bits = Buffer.alloc(4);
  bits.writeUInt32LE(states.reduce((all, state) => all | CT_STATE_BITS[state], 0));
  return [
    expression('ct', [be32Attribute(NFTA_CT.KEY, CT_STATE), be32Attribute(NFTA_CT.DREG, REGISTER)]),
    mask(bits),
    compare('unequal', Buffer.alloc(4)),
  ];
}

/** `ct status dnat`. */
export function matchIsTranslated(): Buffer[] {
  const bit = Buffer.alloc(4);
  bit.writeUInt32LE(IPS_DST_NAT);
  return [
    expression('ct', [be32Attribute(NFTA_CT.KEY, CT_STATUS), be32Attribute(NFTA_CT.DREG, REGISTER)]),
    mask(bit),
    compare('unequal', Buffer.alloc(4)),
  ];
}

/** `fib daddr type local`: one of the host's own addresses. */
export function matchLocalDestination(): Buffer[] {
  const local = Buffer.alloc(4);
  local.writeUInt32LE(RTN_LOCAL);
  return [
    expression('fib', [
      be32Attribute(NFTA_FIB.FLAGS, FIB_DESTINATION),
      be32Attribute(NFTA_FIB.RESULT, FIB_ADDRESS_TYPE),
      be32Attribute(NFTA_FIB.DREG, REGISTER),
    ]),
    compare('equal', local),
  ];
}

/** `ip daddr . meta l4proto . th dport @set`. */
export function matchMember(set: string, family: 4 | 6): Buffer[] {
  return [
    ...loadAsked(family, true),
    expression('lookup', [textAttribute(NFTA_LOOKUP.SET, set), be32Attribute(NFTA_LOOKUP.SREG, SMALL_REGISTER)]),
  ];
}

/** `dnat to ip daddr . meta l4proto . th dport map @map`, or without the address. */
export function lookUpTranslation(map: string, family: 4 | 6, withAddress: boolean): Buffer[] {
  return [
    ...loadAsked(family, withAddress),
    expression('lookup', [
      textAttribute(NFTA_LOOKUP.SET, map),
      be32Attribute(NFTA_LOOKUP.SREG, SMALL_REGISTER),
      be32Attribute(NFTA_LOOKUP.DREG, SMALL_REGISTER),
    ]),
    expression('nat', [
      be32Attribute(NFTA_NAT.TYPE, NAT_DESTINATION),
      be32Attribute(NFTA_NAT.FAMILY, NFPROTO[family]),
      be32Attribute(NFTA_NAT.REG_ADDR_MIN, SMALL_REGISTER),
      be32Attribute(NFTA_NAT.REG_PROTO_MIN, SMALL_REGISTER + ADDRESS_SIZES[family] / 4),
    ]),
  ];
}

/** What a packet asks for, field by field into registers that follow each other. */
function loadAsked(family: 4 | 6, withAddress: boolean): Buffer[] {
  const size = ADDRESS_SIZES[family];
  const next = SMALL_REGISTER + (withAddress ? size / 4 : 0);
  const address = expression('payload', [
    be32Attribute(NFTA_PAYLOAD.DREG, SMALL_REGISTER),
    be32Attribute(NFTA_PAYLOAD.BASE, NETWORK_HEADER),
    be32Attribute(NFTA_PAYLOAD.OFFSET, ADDRESS_OFFSETS[family].daddr),
    be32Attribute(NFTA_PAYLOAD.LEN, size),
  ]);
  return [
    ...(withAddress ? [address] : []),
    expression('meta', [be32Attribute(NFTA_META.KEY, META_L4PROTO), be32Attribute(NFTA_META.DREG, next)]),
    expression('payload', [
      be32Attribute(NFTA_PAYLOAD.DREG, next + 1),
      be32Attribute(NFTA_PAYLOAD.BASE, TRANSPORT_HEADER),
      be32Attribute(NFTA_PAYLOAD.OFFSET, PORT_OFFSETS.dport),
      be32Attribute(NFTA_PAYLOAD.LEN, 2),
    ]),
  ];
}

/** `meta l4proto udp`. */
export function matchProtocol(protocol: Protocol): Buffer[] {
  return [
    expression('meta', [be32Attribute(NFTA_META.KEY, META_L4PROTO), be32Attribute(NFTA_META.DREG, REGISTER)]),
    compare('equal', Buffer.of(PROTOCOLS[protocol])),
  ];
}

/** `th dport 53`. */
export function matchPort(field: keyof typeof PORT_OFFSETS, port: number): Buffer[] {
  return [
    expression('payload', [
      be32Attribute(NFTA_PAYLOAD.DREG, REGISTER),
      be32Attribute(NFTA_PAYLOAD.BASE, TRANSPORT_HEADER),
      be32Attribute(NFTA_PAYLOAD.OFFSET, PORT_OFFSETS[field]),
      be32Attribute(NFTA_PAYLOAD.LEN, 2),
    ]),
    compare('equal', portBytes(port)),
  ];
}

/** `dnat to 172.17.0.2:80`. */
export function destinationNat(address: Ip, port: number): Buffer[] {
  return [
    load(REGISTER, toBytes(address)),
    load(SECOND_REGISTER, portBytes(port)),
    expression('nat', [
      be32Attribute(NFTA_NAT.TYPE, NAT_DESTINATION),
      be32Attribute(NFTA_NAT.FAMILY, NFPROTO[address.family]),
      be32Attribute(NFTA_NAT.REG_ADDR_MIN, REGISTER),
      be32Attribute(NFTA_NAT.REG_PROTO_MIN, SECOND_REGISTER),
      be32Attribute(NFTA_NAT.FLAGS, NAT_WITH_PORT),
    ]),
  ];
}

/** `counter`. */
export function count(): Buffer[] {
  return [expression('counter', [])];
}

/** `masquerade`. */
export function masquerade(): Buffer[] {
  return [expression('masq', [])];
}

/** `accept`, `drop`. */
export function verdict(name: keyof typeof VERDICTS): Buffer[] {
  const code = nested(NFTA_DATA.VERDICT, [be32Attribute(NFTA_VERDICT_CODE, VERDICTS[name])]);
  return [
    expression('immediate', [
      be32Attribute(NFTA_IMMEDIATE.DREG, REGISTER_VERDICT),
      nested(NFTA_IMMEDIATE.DATA, [code]),
    ]),
  ];
}

/** register = value */
function load(register: number, value: Buffer): Buffer {
  return expression('immediate', [
    be32Attribute(NFTA_IMMEDIATE.DREG, register),
    nested(NFTA_IMMEDIATE.DATA, [attribute(NFTA_DATA.VALUE, value)]),
  ]);
}

function compare(operator: keyof typeof CMP, value: Buffer): Buffer {
  return expression('cmp', [
    be32Attribute(NFTA_CMP.SREG, REGISTER),
    be32Attribute(NFTA_CMP.OP, CMP[operator]),
    nested(NFTA_CMP.DATA, [attribute(NFTA_DATA.VALUE, value)]),
  ]);
}

/** register &= bits */
function mask(bits: Buffer): Buffer {
  return expression('bitwise', [
    be32Attribute(NFTA_BITWISE.SREG, REGISTER),
    be32Attribute(NFTA_BITWISE.DREG, REGISTER),
    be32Attribute(NFTA_BITWISE.LEN, bits.length),
    nested(NFTA_BITWISE.MASK, [attribute(NFTA_DATA.VALUE, bits)]),
    nested(NFTA_BITWISE.XOR, [attribute(NFTA_DATA.VALUE, Buffer.alloc(bits.length))]),
  ]);
}

function expression(name: string, data: readonly Buffer[]): Buffer {
  return Buffer.concat([textAttribute(NFTA_EXPR.NAME, name), nested(NFTA_EXPR.DATA, data)]);
}
