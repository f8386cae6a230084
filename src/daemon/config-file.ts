// The file of --config-file, Docker's daemon.json: what stands in it, as words of the command line, so that both are read and checked in
// one place. What is unknown, and what stands in both, is refused in Docker's words. Pure.
import { messageOf, TskerError } from '../util/errors.ts';

type Kind = 'text' | 'flag' | 'number' | 'list' | 'pairs' | 'pools';

/** Key → option and the type of its value. */
const KEYS: Readonly<Record<string, readonly [option: string, kind: Kind]>> = {
  'allow-unauthenticated-tcp': ['allow-unauthenticated-tcp', 'flag'],
  arch: ['arch', 'text'],
  'authorization-plugins': ['authorization-plugin', 'list'],
  bip: ['bip', 'text'],
  bridge: ['bridge', 'text'],
  'cluster-advertise': ['cluster-advertise', 'text'],
  'cluster-store': ['cluster-store', 'text'],
  'cluster-store-opts': ['cluster-store-opt', 'pairs'],
  'data-root': ['data-root', 'text'],
  debug: ['debug', 'flag'],
  'default-address-pools': ['default-address-pool', 'pools'],
  'exec-root': ['exec-root', 'text'],
  group: ['group', 'text'],
  hosts: ['host', 'list'],
  icc: ['icc', 'flag'],
  'insecure-registries': ['insecure-registry', 'list'],
  ip: ['ip', 'text'],
  'ip-masq': ['ip-masq', 'flag'],
  labels: ['label', 'list'],
  'live-restore': ['live-restore', 'flag'],
  'log-driver': ['log-driver', 'text'],
  'log-level': ['log-level', 'text'],
  'log-opts': ['log-opt', 'pairs'],
  'max-concurrent-downloads': ['max-concurrent-downloads', 'number'],
  mtu: ['mtu', 'number'],
  pidfile: ['pidfile', 'text'],
  'plugin-dirs': ['plugin-dir', 'list'],
  'plugin-timeout': ['plugin-timeout', 'number'],
  'registry-certs': ['registry-certs', 'list'],
  'registry-mirrors': ['registry-mirror', 'list'],
  runtime: ['runtime', 'text'],
  'shutdown-timeout': ['shutdown-timeout', 'number'],
  'storage-driver': ['storage-driver', 'text'],
  'storage-opts': ['storage-opt', 'list'],
  tls: ['tls', 'flag'],
  tlscacert: ['tlscacert', 'text'],
  tlscert: ['tlscert', 'text'],
  tlskey: ['tlskey', 'text'],
  tlsverify: ['tlsverify', 'flag'],
  'userland-proxy': ['userland-proxy', 'flag'],
  'userns-remap': ['userns-remap', 'text'],
};

export interface ConfigFile {
  readonly path: string;
  readonly text: string;
}

/** Option → its value, of those that the command line names. */
export type GivenFlags = ReadonlyMap<string, unknown>;

/** Throws `invalid` as Docker words it. */
export function fileWords({ path, text }: ConfigFile, given: GivenFlags): string[] {
  try {
    const entries = Object.entries(parse(text));
    const unknown = entries.map(([key]) => key).filter((key) => !Object.hasOwn(KEYS, key));
    if (unknown.length > 0) {
      throw new Error(`the following directives don't match any configuration option: ${unknown.join(', ')}`);
    }
    const both = entries.flatMap(([key, value]) => conflictOf(key, value, given) ?? []);
    if (both.length > 0) {
      throw new Error(
        `the following directives are specified both as a flag and in the configuration file: ${both.join(', ')}`,
      );
    }
    return entries.flatMap(([key, value]) => wordsOf(key, value));
  } catch (cause) {
    throw new TskerError('invalid', `unable to configure the Docker daemon with file ${path}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** An empty file configures nothing. */
function parse(text: string): object {
  if (text.trim() === '') return {};
  const value: unknown = JSON.parse(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new Error('the file must hold a JSON object');
}

function conflictOf(key: string, value: unknown, given: GivenFlags): string | undefined {
  const option = KEYS[key]?.[0] ?? key;
  if (!given.has(option)) return undefined;
  return `${key}: (from flag: ${show(given.get(option))}, from file: ${show(value)})`;
}

/** As Go prints it (%v). */
function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(' ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const pairs = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `map[${pairs.map(([key, one]) => `${key}:${show(one)}`).join(' ')}]`;
}

function wordsOf(key: string, value: unknown): string[] {
  const [option, kind] = KEYS[key] ?? [key, 'text'];
  const word = (text: unknown): string => `--${option}=${String(text)}`;
  switch (kind) {
    case 'text':
      return [word(require(key, value, typeof value === 'string', 'a string'))];
    case 'flag':
      return [word(require(key, value, typeof value === 'boolean', 'true or false'))];
    case 'number':
      return [word(require(key, value, typeof value === 'number', 'a number'))];
    case 'list':
      return listOf(key, value).map((one) => word(require(key, one, typeof one === 'string', 'a list of strings')));
    case 'pairs':
      return Object.entries(objectOf(key, value)).map(([name, one]) =>
        word(`${name}=${String(require(key, one, typeof one === 'string', 'an object of strings'))}`),
      );
    case 'pools':
      return listOf(key, value).map((pool) => {
        const pairs = Object.entries(objectOf(key, pool)).map(([name, one]) => `${name}=${String(one)}`);
        return word(pairs.join(','));
      });
  }
}

function listOf(key: string, value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : require(key, [], false, 'a list');
}

function objectOf(key: string, value: unknown): object {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? value : require(key, {}, false, 'an object');
}

function require<T>(key: string, value: T, holds: boolean, wanted: string): T {
  if (holds) return value;
  throw new Error(`${key} must be ${wanted}`);
}
