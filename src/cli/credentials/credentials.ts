// The credentials for a registry: looked up, kept and forgotten where the user's config.json says, and as the header that
// pull, push and create send.
import type { Environment } from '../../client/host.ts';
import type { RegistryAuth } from '../../types/image.ts';
import { canonicalImageName } from '../image-name.ts';
import { authsOf, helperOf, readConfig, writeConfig } from './config-file.ts';
import { eraseFromHelper, getFromHelper, storeWithHelper } from './helper.ts';

/** Docker Hub's key since before there was a registry of version 2. */
export const HUB_SERVER = 'https://index.docker.io/v1/';
/** A helper says by this user name that the secret is an identity token. */
const TOKEN_USER = '<token>';

export interface Kept {
  /** Where: the helper's name, or undefined for config.json itself, unencrypted. */
  readonly helper: string | undefined;
}

/** The key under which credentials for a server are kept: `localhost:5000`, or HUB_SERVER. */
export function serverKey(server: string | undefined): string {
  if (server === undefined || server === '') return HUB_SERVER;
  const host = hostOf(server);
  return ['docker.io', 'index.docker.io', 'registry-1.docker.io'].includes(host) ? HUB_SERVER : host;
}

/** The key for the registry of an image. */
function serverOfImage(name: string): string {
  return serverKey(canonicalImageName(name).split('/')[0]);
}

export async function findCredentials(env: Environment, server: string): Promise<RegistryAuth | undefined> {
  const config = await readConfig(env);
  const helper = helperOf(config, server);
  if (helper !== undefined) {
    const found = await getFromHelper({ helper, env }, server);
    if (found === undefined) return undefined;
    if (found.Username === TOKEN_USER) return { identitytoken: found.Secret, serveraddress: server };
    return { username: found.Username, password: found.Secret, serveraddress: server };
  }
  const auths = authsOf(config);
  // Older clients wrote keys with scheme and path.
  const stored = auths[server] ?? Object.entries(auths).find(([key]) => serverKey(key) === server)?.[1];
  if (stored === undefined || (stored.auth === undefined && stored.identitytoken === undefined)) return undefined;
  const { auth, ...token } = stored;
  return { ...decode(auth), ...token, serveraddress: server };
}

export async function keepCredentials(env: Environment, server: string, auth: RegistryAuth): Promise<Kept> {
  const { username = '', password = '', identitytoken } = auth;
  const config = await readConfig(env);
  const helper = helperOf(config, server);
  const auths = { ...authsOf(config) };
  if (helper !== undefined) {
    const asToken = identitytoken === undefined ? undefined : { Username: TOKEN_USER, Secret: identitytoken };
    await storeWithHelper({ helper, env }, server, asToken ?? { Username: username, Secret: password });
    auths[server] = {};
  } else {
    const secret = identitytoken === undefined ? password : '';
    const encoded = Buffer.from(`${username}:${secret}`).toString('base64');
    auths[server] = { auth: encoded, ...(identitytoken === undefined ? {} : { identitytoken }) };
  }
  await writeConfig(env, { ...config, auths });
  return { helper };
}

/** False when there were none. */
export async function forgetCredentials(env: Environment, server: string): Promise<boolean> {
  const config = await readConfig(env);
  const helper = helperOf(config, server);
  const auths = authsOf(config);
  const kept = Object.entries(auths).filter(([key]) => serverKey(key) !== server);
  const known = kept.length < Object.keys(auths).length;
  if (helper !== undefined) await eraseFromHelper({ helper, env }, server);
  if (known) await writeConfig(env, { ...config, auths: Object.fromEntries(kept) });
  return known || helper !== undefined;
}

/** X-Registry-Auth for an image's registry; Docker sends an empty object when there are no credentials. */
export async function authHeaders(env: Environment, image: string): Promise<Record<string, string>> {
  const auth = await findCredentials(env, serverOfImage(image));
  return auth === undefined ? {} : { 'X-Registry-Auth': encodeAuth(auth) };
}

export function encodeAuth(auth: RegistryAuth | Readonly<Record<string, RegistryAuth>>): string {
  // Padding and all, as Go's URLEncoding has it.
  const text = Buffer.from(JSON.stringify(auth)).toString('base64url');
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

function decode(auth: string | undefined): RegistryAuth {
  if (auth === undefined) return {};
  const text = Buffer.from(auth, 'base64').toString();
  const colon = text.indexOf(':');
  if (colon < 0) return {};
  // Very old files end in zeros.
  const password = text.slice(colon + 1).replace(/\0+$/, '');
  return { username: text.slice(0, colon), ...(password === '' ? {} : { password }) };
}

function hostOf(server: string): string {
  return server.replace(/^https?:\/\//, '').split('/')[0] ?? '';
}
