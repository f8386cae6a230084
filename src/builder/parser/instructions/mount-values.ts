// The fields of a mount to a typed mount: which keys a type has, what they may say. Messages are BuildKit's.
import { posix } from 'node:path';
import { goQuote } from '../../words/quote.ts';
import { nearest } from '../nearest.ts';
import { parseBoolean } from './csv.ts';
import type { MountField } from './mount.ts';
import type { CacheMount, Mount, MountType, SecretMount } from './mount.types.ts';
import { parseBytes } from './size.ts';

const TYPES: readonly MountType[] = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'];
const SHARINGS: readonly CacheMount['sharing'][] = ['shared', 'private', 'locked'];
const ALIASES: Readonly<Record<string, string>> = {
  src: 'source',
  dst: 'target',
  destination: 'target',
  ro: 'readonly',
  rw: 'readwrite',
};
/** Keys that may stand without a value. */
const SHORT_KEYS: readonly string[] = ['readonly', 'ro', 'readwrite', 'rw', 'required'];
export const MOUNT_KEYS: readonly string[] = [
  ...['type', 'from', 'source', 'target', 'id', 'sharing', 'mode', 'uid', 'gid', 'size', 'env'],
  ...['src', 'dst', 'destination'],
  ...SHORT_KEYS,
];
/** Keys that only some types have. */
const OWN_KEYS: Readonly<Record<string, readonly MountType[]>> = {
  required: ['secret', 'ssh'],
  size: ['tmpfs'],
  env: ['secret'],
};
const OWNED: readonly MountType[] = ['secret', 'ssh', 'cache'];
const MAX_ID = 2 ** 32 - 1;

/** What is wrong with a mount, and with which of its keys; where that stands only the caller knows. */
export class MountProblem extends Error {
  readonly key: string | undefined;
  readonly suggestion: string | undefined;

  constructor(message: string, about: { readonly key?: string; readonly suggestion?: string | undefined } = {}) {
    super(message);
    this.key = about.key;
    this.suggestion = about.suggestion;
  }
}

/** A key in the spelling that has all the others as aliases. */
export function canonicalKey(key: string): string {
  return ALIASES[key] ?? key;
}

type Values = ReadonlyMap<string, string>;

export function buildMount(fields: readonly MountField[], expandValue: (value: string) => string): Mount {
  const values = new Map<string, string>();
  for (const { key, value } of fields) {
    const name = canonicalKey(key);
    if (value === undefined && !SHORT_KEYS.includes(key)) {
      throw new MountProblem(`invalid field '${key}' must be a key=value pair`, { key });
    }
    // Of read-only and read-write the last one counts.
    if (name === 'readonly') values.delete('readwrite');
    if (name === 'readwrite') values.delete('readonly');
    values.set(name, value === undefined ? 'true' : expandValue(value));
  }
  const type = typeOf(values);
  for (const key of values.keys()) {
    if (OWN_KEYS[key]?.includes(type) === false) {
      throw new MountProblem(`unexpected key '${key}' for mount type '${type}'`, { key });
    }
    if (['mode', 'uid', 'gid'].includes(key) && !OWNED.includes(type)) {
      throw new MountProblem(`${key} not allowed for ${goQuote(type)} type mounts`, { key });
    }
  }
  return buildTyped(type, values);
}

function buildTyped(type: MountType, values: Values): Mount {
  const owned = { mode: modeOf(values), uid: idOf(values, 'uid'), gid: idOf(values, 'gid') };
  const sharing = sharingOf(values);
  const from = values.get('from') || undefined;
  const source = values.get('source') ?? '';
  const target = values.get('target') ?? '';
  const required = booleanOf(values, 'required') ?? false;
  const readOnly = booleanOf(values, 'readonly') ?? !(booleanOf(values, 'readwrite') ?? type !== 'bind');
  if (type === 'secret') return { ...secretOf(values), ...owned, required };
  if (sharing !== undefined && type !== 'cache') {
    throw new MountProblem(`invalid cache sharing set for ${type} mount`, { key: 'sharing' });
  }
  switch (type) {
    case 'bind':
      return { type, from, source, target, readOnly };
    case 'cache': {
      const id = values.get('id') || posix.normalize(target);
      return { type, id, from, source, target, readOnly, sharing: sharing ?? 'shared', ...owned };
    }
    case 'tmpfs':
      return { type, target, readOnly, size: sizeOf(values) };
    case 'ssh':
      return { type, id: values.get('id') || source || 'default', target: target || undefined, required, ...owned };
  }
}

function secretOf(values: Values): Pick<SecretMount, 'type' | 'id' | 'target' | 'env'> {
  const { source = '', target = '', id = '', env } = Object.fromEntries(values);
  if (values.get('from')) throw new MountProblem('secret mount should not have a from', { key: 'from' });
  if (values.has('sharing')) throw new MountProblem('secret mount should not define sharing', { key: 'sharing' });
  if (source + target + id === '') {
    throw new MountProblem('invalid secret mount. one of source, target required');
  }
  if (source !== '' && id !== '') throw new MountProblem("both source and id can't be set");
  const secret = id || source || posix.basename(target);
  const file = target === '' && env === undefined ? `/run/secrets/${posix.basename(secret)}` : target || undefined;
  return { type: 'secret', id: secret, target: file, env };
}

function typeOf(values: Values): MountType {
  const text = values.get('type') ?? 'bind';
  const type = TYPES.find((known) => known === text.toLowerCase());
  if (type !== undefined) return type;
  throw new MountProblem(`unsupported mount type ${goQuote(text)}`, { key: 'type', suggestion: nearest(text, TYPES) });
}

function sharingOf(values: Values): CacheMount['sharing'] | undefined {
  const text = values.get('sharing');
  if (text === undefined) return undefined;
  const sharing = SHARINGS.find((known) => known === text.toLowerCase());
  if (sharing !== undefined) return sharing;
  throw new MountProblem(`unsupported sharing value ${goQuote(text)}`, {
    key: 'sharing',
    suggestion: nearest(text, SHARINGS),
  });
}

function booleanOf(values: Values, key: string): boolean | undefined {
  const text = values.get(key);
  const value = text === undefined ? undefined : parseBoolean(text);
  if (text !== undefined && value === undefined) throw new MountProblem(`invalid value for ${key}: ${text}`, { key });
  return value;
}

function modeOf(values: Values): number | undefined {
  const text = values.get('mode');
  if (text === undefined) return undefined;
  const mode = /^[0-7]{1,12}$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
  if (mode <= MAX_ID) return mode;
  throw new MountProblem(`invalid value ${text} for mode`, { key: 'mode' });
}

function idOf(values: Values, key: 'uid' | 'gid'): number | undefined {
  const text = values.get(key);
  if (text === undefined) return undefined;
  if (/^\d{1,12}$/.test(text) && Number(text) <= MAX_ID) return Number(text);
  throw new MountProblem(`invalid value ${text} for ${key}`, { key });
}

function sizeOf(values: Values): number {
  const text = values.get('size');
  const size = text === undefined ? 0 : parseBytes(text);
  if (size === undefined) throw new MountProblem(`invalid value for size: ${text}`, { key: 'size' });
  return size;
}
