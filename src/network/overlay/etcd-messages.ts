// The words of etcd's v3 API as its JSON gateway spells them: keys and values in base64, numbers of 64 bits as text, fields that
// are zero left out. Pure; etcd.ts sends them.

/** A key with its value, both UTF-8. */
export interface StoredKey {
  readonly key: string;
  readonly value: string;
  /** The store's revision that wrote it. */
  readonly revision: string;
  /** The lease it goes with; '0': none. */
  readonly lease: string;
}

export type StoreEvent =
  | { readonly kind: 'put'; readonly entry: StoredKey }
  | { readonly kind: 'delete'; readonly key: string };

/** What a transaction needs to be so, else nothing of it is done. */
export type Condition =
  | { readonly kind: 'absent' | 'present' | 'nothing below'; readonly key: string }
  | { readonly kind: 'value'; readonly key: string; readonly value: string }
  /** Nobody wrote it since that revision; '0': it is not there. */
  | { readonly kind: 'unchanged'; readonly key: string; readonly revision: string };

export type Change =
  | { readonly kind: 'put'; readonly key: string; readonly value: string; readonly lease?: string }
  | { readonly kind: 'delete' | 'delete below'; readonly key: string };

export type Json = Readonly<Record<string, unknown>>;

export function encodeRange(prefix: string): Json {
  return { key: base64(prefix), range_end: endOf(prefix) };
}

export function encodeTransaction(when: readonly Condition[], then: readonly Change[]): Json {
  return { compare: when.map(encodeCondition), success: then.map(encodeChange), failure: [] };
}

export function encodeWatch(prefix: string, from: bigint): Json {
  return { create_request: { ...encodeRange(prefix), start_revision: String(from) } };
}

function encodeCondition(condition: Condition): Json {
  const key = base64(condition.key);
  switch (condition.kind) {
    case 'absent':
      return { key, target: 'CREATE', result: 'EQUAL', create_revision: '0' };
    case 'present':
      return { key, target: 'CREATE', result: 'GREATER', create_revision: '0' };
    case 'nothing below':
      return { key, range_end: endOf(condition.key), target: 'CREATE', result: 'EQUAL', create_revision: '0' };
    case 'value':
      return { key, target: 'VALUE', result: 'EQUAL', value: base64(condition.value) };
    case 'unchanged':
      return { key, target: 'MOD', result: 'EQUAL', mod_revision: condition.revision };
  }
}

function encodeChange(change: Change): Json {
  const key = base64(change.key);
  switch (change.kind) {
    case 'put':
      return { request_put: { key, value: base64(change.value), lease: change.lease ?? '0' } };
    case 'delete':
      return { request_delete_range: { key } };
    case 'delete below':
      return { request_delete_range: { key, range_end: endOf(change.key) } };
  }
}

/** Throws for an answer that no etcd gives. */
export function decodeRange(answer: Json): { readonly entries: StoredKey[]; readonly revision: bigint } {
  return {
    entries: listOf(answer['kvs']).map(decodeEntry),
    revision: BigInt(numberText(objectOf(answer['header'])['revision'])),
  };
}

/** Events of one line of a watch; throws when it ended: the revision asked for is not kept any more. */
export function decodeWatch(line: Json): StoreEvent[] {
  const result = objectOf(line['result']);
  if (line['result'] === undefined || result['canceled'] === true) throw new Error('the store ended the watch');
  return listOf(result['events']).map((event) => {
    const entry = decodeEntry(objectOf(event['kv']));
    return event['type'] === 'DELETE' ? { kind: 'delete', key: entry.key } : { kind: 'put', entry };
  });
}

function decodeEntry(kv: Json): StoredKey {
  return {
    key: text(kv['key']),
    value: text(kv['value']),
    revision: numberText(kv['mod_revision']),
    lease: numberText(kv['lease']),
  };
}

/** The key after all that begin with the prefix; keys are ASCII, whose last byte can always be counted up. */
function endOf(prefix: string): string {
  const bytes = Buffer.from(prefix);
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) + 1;
  return bytes.toString('base64');
}

function base64(value: string): string {
  return Buffer.from(value).toString('base64');
}

function text(value: unknown): string {
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '';
}

export function numberText(value: unknown): string {
  if (value === undefined) return '0';
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return value;
  throw new Error(`the store answered ${JSON.stringify(value)} where a number is`);
}

export function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}
