// The X-Registry-Auth header: base64url (or base64) of JSON. Pure.
import type { RegistryAuth } from '../../types/image.ts';

/** The credentials in the header. One that cannot be read counts as none, as with Docker. */
export function parseRegistryAuth(header: string | undefined): RegistryAuth | undefined {
  if (header === undefined || header === '') return undefined;
  const parsed = parseObject(Buffer.from(header, 'base64url').toString());
  return parsed === undefined ? undefined : registryAuthOf(parsed);
}

/** The X-Registry-Config header of a build: the credentials of each registry, by the address clients keep them under. */
export function parseRegistryConfig(header: string | undefined): ReadonlyMap<string, RegistryAuth> {
  const parsed = header === undefined ? {} : (parseObject(Buffer.from(header, 'base64url').toString()) ?? {});
  const entries = Object.entries(parsed).flatMap(([server, value]): [string, RegistryAuth][] =>
    typeof value === 'object' && value !== null ? [[server, registryAuthOf({ ...value })]] : [],
  );
  return new Map(entries);
}

/** The fields of a document that are credentials. */
export function registryAuthOf(document: Readonly<Record<string, unknown>>): RegistryAuth {
  const { username, password, auth, serveraddress, identitytoken, registrytoken } = document;
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
