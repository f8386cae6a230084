// What tsker's client puts before the context: secrets and the session of its SSH agents, as JSON whose length a header
// announces. It stays in memory, and no message repeats any of it.
import { TskerError } from '../../util/errors.ts';

export const PREAMBLE_HEADER = 'x-tsker-preamble';

export interface Preamble {
  readonly secrets: ReadonlyMap<string, Uint8Array>;
  readonly ssh: { readonly session: string; readonly ids: readonly string[] } | undefined;
  /** What is behind it: the context. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Bytes; a secret of Docker's has 500 KB at most. */
const MAX_PREAMBLE = 16 * 1024 * 1024;

/** Without the header there is none, and the body is all context. Throws `invalid`. */
export async function splitPreamble(header: string | undefined, body: AsyncIterable<Uint8Array>): Promise<Preamble> {
  if (header === undefined) return { secrets: new Map(), ssh: undefined, body };
  const length = /^\d{1,8}$/.test(header) ? Number(header) : Number.NaN;
  if (!(length <= MAX_PREAMBLE)) throw invalid('its length');
  const iterator = body[Symbol.asyncIterator]();
  const { text, rest } = await take(iterator, length);
  return { ...parse(text), body: joined(rest, iterator) };
}

async function take(iterator: AsyncIterator<Uint8Array>, length: number) {
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size < length) {
    const next = await iterator.next();
    if (next.done === true) throw invalid('it is cut off');
    chunks.push(next.value);
    size += next.value.length;
  }
  const all = Buffer.concat(chunks);
  return { text: all.toString('utf8', 0, length), rest: all.subarray(length) };
}

async function* joined(first: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first;
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
}

function parse(text: string): Omit<Preamble, 'body'> {
  const { secrets = {}, ssh } = objectOf(parseJson(text));
  const entries = Object.entries(objectOf(secrets)).map(([id, value]): [string, Uint8Array] => {
    if (typeof value !== 'string') throw invalid('secrets');
    return [id, Buffer.from(value, 'base64')];
  });
  return { secrets: new Map(entries), ssh: ssh === undefined ? undefined : parseSsh(objectOf(ssh)) };
}

function parseSsh({ session, ids }: Readonly<Record<string, unknown>>): NonNullable<Preamble['ssh']> {
  const isList = Array.isArray(ids) && ids.every((id) => typeof id === 'string');
  if (typeof session !== 'string' || !isList) throw invalid('ssh');
  return { session, ids };
}

/** JSON's own errors quote what they could not read. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('it is no JSON');
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('it is no object');
  return { ...value };
}

function invalid(what: string): TskerError {
  return new TskerError('invalid', `invalid preamble of a build: ${what}`);
}
