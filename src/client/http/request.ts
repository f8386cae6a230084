// The bytes of an HTTP/1.1 request's head, and paths with queries. Pure; exchange.ts sends them.
import { TskerError } from '../../util/errors.ts';

/** Query values: undefined is left out, a list is repeated, an object is sent as JSON (Docker's `filters`). */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | object | undefined>>;

export interface RequestHead {
  readonly method: string;
  /** With query. */
  readonly path: string;
  readonly host: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `/containers/json` + `{all: true}` → `/containers/json?all=1`. Booleans are `1` and `0`, as Docker's client spells them. */
export function pathWithQuery(path: string, query: Query = {}): string {
  const words: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) words.push(`${name}=${encodeURIComponent(spell(one))}`);
  }
  return words.length === 0 ? path : `${path}?${words.join('&')}`;
}

function spell(value: unknown): string {
  if (typeof value === 'boolean') return value ? '1' : '0';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The head with its closing empty line. A line break in a value would start a header of its own: it is refused. */
export function encodeRequestHead(head: RequestHead): string {
  const lines = [`${head.method} ${head.path} HTTP/1.1`, `Host: ${head.host}`];
  for (const [name, value] of Object.entries(head.headers ?? {})) lines.push(`${name}: ${value}`);
  if (lines.some((line) => /[\r\n]/.test(line))) throw new TskerError('invalid', 'a request cannot hold a line break');
  return `${lines.join('\r\n')}\r\n\r\n`;
}
