// Reads query parameters and headers of the image routes into typed values; everything hostile is refused here. Pure.
import type { RegistryAuth } from '../../types/image.ts';
import { TskerError } from '../../util/errors.ts';

type Query = Readonly<Record<string, unknown>>;

/** A parameter given once; absent and empty are the same to Docker. */
export function text(query: Query, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw new TskerError('invalid', `query parameter ${name} was given more than once`);
  return value;
}

/** A parameter given any number of times. */
export function texts(query: Query, name: string): string[] {
  const value = query[name] ?? [];
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string');
}

/** Docker's httputils.BoolValue: everything but these is true. */
export function flag(query: Query, name: string): boolean {
  const value = (text(query, name) ?? '').trim().toLowerCase();
  return !['', '0', 'no', 'false', 'none'].includes(value);
}

/** `filters`: `{"label":["a=b"]}` and the older `{"label":{"a=b":true}}`. */
export function filters(query: Query): ReadonlyMap<string, readonly string[]> {
  const json = text(query, 'filters');
  if (json === undefined) return new Map();
  const parsed = parseObject(json);
  if (parsed === undefined) throw new TskerError('invalid', 'invalid filter');
  return new Map(Object.entries(parsed).map(([name, values]) => [name, filterValues(values)]));
}

function filterValues(values: unknown): string[] {
  if (Array.isArray(values)) return values.filter((value) => typeof value === 'string');
  if (typeof values !== 'object' || values === null) throw new TskerError('invalid', 'invalid filter');
  return Object.entries(values).flatMap(([value, on]) => (on === true ? [value] : []));
}

/** X-Registry-Auth: base64url (or base64) of JSON. A header that cannot be read counts as none, as with Docker. */
export function registryAuth(header: string | undefined): RegistryAuth | undefined {
  if (header === undefined || header === '') return undefined;
  const parsed = parseObject(Buffer.from(header, 'base64url').toString());
  if (parsed === undefined) return undefined;
  const { username, password, auth, serveraddress, identitytoken, registrytoken } = parsed;
  const fields = { username, password, auth, serveraddress, identitytoken, registrytoken };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => typeof value === 'string' && value !== ''));
}

function parseObject(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
