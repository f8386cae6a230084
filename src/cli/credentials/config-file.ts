// Docker's own config.json, which tsker shares: the credentials in it, and whatever else is there stays as it is.
import { mkdir, open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Environment } from '../../client/host.ts';
import { messageOf, TskerError } from '../../util/errors.ts';

/** An entry of `auths`. */
export interface StoredAuth {
  /** Base64 of `user:password`. */
  readonly auth?: string;
  readonly identitytoken?: string;
}

export type ConfigDocument = Readonly<Record<string, unknown>>;

export function configPath(env: Environment): string {
  return join(env['DOCKER_CONFIG'] || join(env['HOME'] || homedir(), '.docker'), 'config.json');
}

/** Empty when there is no file; throws `invalid` for one that is no JSON object. */
export async function readConfig(env: Environment): Promise<ConfigDocument> {
  const path = configPath(env);
  try {
    return objectOf(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (isMissing(error)) return {};
    throw new TskerError('invalid', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** Replaces the file as a whole: whoever reads it meanwhile sees the old or the new one. A link to it stays. */
export async function writeConfig(env: Environment, document: ConfigDocument): Promise<void> {
  const named = configPath(env);
  await mkdir(dirname(named), { recursive: true, mode: 0o700 });
  const path = await realpath(named).catch(() => named);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await using file = await open(temporary, 'wx', 0o600);
    await file.writeFile(JSON.stringify(document, undefined, '\t'));
    await file.sync();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

export function authsOf(document: ConfigDocument): Readonly<Record<string, StoredAuth>> {
  const entries = Object.entries(objectOf(document['auths'] ?? {}));
  return Object.fromEntries(entries.map(([server, value]) => [server, storedAuth(objectOf(value ?? {}))]));
}

/** The helper that keeps a registry's credentials: `credHelpers` for it alone, else `credsStore`. */
export function helperOf(document: ConfigDocument, server: string): string | undefined {
  const own = objectOf(document['credHelpers'] ?? {})[server];
  const name = own ?? document['credsStore'];
  return typeof name === 'string' && name !== '' ? name : undefined;
}

function storedAuth({ auth, identitytoken }: ConfigDocument): StoredAuth {
  return {
    ...(typeof auth === 'string' && auth !== '' ? { auth } : {}),
    ...(typeof identitytoken === 'string' && identitytoken !== '' ? { identitytoken } : {}),
  };
}

function objectOf(value: unknown): ConfigDocument {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new TskerError('invalid', 'it is not what Docker writes: a JSON object is missing');
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
