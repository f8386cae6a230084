// Named maps and sets of nf_tables: what rules look up, so that a port more or less is an element and no rule. Keys and values
// are of several fields, each padded to four bytes. Pure bytes.
import { attribute, be32Attribute, NLM, nested, textAttribute } from '../netlink/message.ts';
import { nftMessage, type Table } from './message.ts';

const NFT_MSG = { NEWSET: 9, NEWSETELEM: 12, DELSETELEM: 14 } as const;
const NFTA_SET = { TABLE: 1, NAME: 2, FLAGS: 3, KEY_TYPE: 4, KEY_LEN: 5, DATA_TYPE: 6, DATA_LEN: 7, ID: 10 } as const;
const NFTA_SET_ELEM_LIST = { TABLE: 1, SET: 2, ELEMENTS: 3 } as const;
const NFTA_SET_ELEM = { KEY: 1, DATA: 2 } as const;
const NFTA_DATA_VALUE = 1;
const NFTA_LIST_ELEM = 1;
const NFT_SET_MAP = 0x8;
const ALIGN = 4;

/** What nft calls them when it lists a map; the kernel does not look. Six bits each. */
const TYPES = { ipv4: [7, 4], ipv6: [8, 16], protocol: [12, 1], port: [13, 2] } as const;
const TYPE_BITS = 6;

export type Field = keyof typeof TYPES;

export interface NamedMap {
  readonly table: Table;
  readonly name: string;
  readonly key: readonly Field[];
  /** Absent: a set. */
  readonly value?: readonly Field[];
}

export interface Element {
  readonly key: readonly Buffer[];
  readonly value?: readonly Buffer[];
}

/** `id`: a number of its own within the batch. */
export function newMap({ table, name, key, value }: NamedMap, id: number): Buffer {
  return nftMessage(table, NFT_MSG.NEWSET, NLM.CREATE, [
    textAttribute(NFTA_SET.TABLE, table.name),
    textAttribute(NFTA_SET.NAME, name),
    be32Attribute(NFTA_SET.FLAGS, value === undefined ? 0 : NFT_SET_MAP),
    be32Attribute(NFTA_SET.KEY_TYPE, typeOf(key)),
    be32Attribute(NFTA_SET.KEY_LEN, lengthOf(key)),
    ...(value === undefined
      ? []
      : [be32Attribute(NFTA_SET.DATA_TYPE, typeOf(value)), be32Attribute(NFTA_SET.DATA_LEN, lengthOf(value))]),
    be32Attribute(NFTA_SET.ID, id),
  ]);
}

/** EEXIST is no answer: an element that is there already is success, unless its value differs. */
export function addElements(map: Pick<NamedMap, 'table' | 'name'>, elements: readonly Element[]): Buffer {
  return elementMessage(map, NFT_MSG.NEWSETELEM, NLM.CREATE, elements);
}

/** ENOENT when one of them is missing. */
export function deleteElements(map: Pick<NamedMap, 'table' | 'name'>, elements: readonly Element[]): Buffer {
  return elementMessage(map, NFT_MSG.DELSETELEM, 0, elements);
}

function elementMessage(
  { table, name }: Pick<NamedMap, 'table' | 'name'>,
  message: number,
  flags: number,
  elements: readonly Element[],
): Buffer {
  return nftMessage(table, message, flags, [
    textAttribute(NFTA_SET_ELEM_LIST.TABLE, table.name),
    textAttribute(NFTA_SET_ELEM_LIST.SET, name),
    nested(NFTA_SET_ELEM_LIST.ELEMENTS, elements.map(encodeElement)),
  ]);
}

function encodeElement({ key, value }: Element): Buffer {
  return nested(NFTA_LIST_ELEM, [
    dataAttribute(NFTA_SET_ELEM.KEY, key),
    ...(value === undefined ? [] : [dataAttribute(NFTA_SET_ELEM.DATA, value)]),
  ]);
}

function dataAttribute(type: number, fields: readonly Buffer[]): Buffer {
  return nested(type, [attribute(NFTA_DATA_VALUE, Buffer.concat(fields.map(padded)))]);
}

function padded(field: Buffer): Buffer {
  const bytes = Buffer.alloc(aligned(field.length));
  field.copy(bytes);
  return bytes;
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGN) * ALIGN;
}

function typeOf(fields: readonly Field[]): number {
  return fields.reduce((all, field) => (all << TYPE_BITS) | TYPES[field][0], 0);
}

function lengthOf(fields: readonly Field[]): number {
  return fields.reduce((all, field) => all + aligned(TYPES[field][1]), 0);
}
