// The command line of `tsker daemon` with Docker's names, and the file it names, as typed and checked values. Nothing else is read.

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Address, checkExposure, parseAddress } from '../api/address.ts';
import type { TlsFiles } from '../api/tls.ts';
import { tryAddress } from '../network/address.ts';
import { type ClusterOptions, parseCluster } from '../network/overlay/options.ts';
import { type AddressPool, parsePool } from '../network/subnet.ts';
import { PLUGIN_DIRECTORIES } from '../plugin/discover.ts';
import { DEFAULT_CERTIFICATES } from '../registry/certificates.ts';
import { checkInsecureRegistry, checkMirror } from '../registry/endpoints.ts';
import { messageOf, TskerError } from '../util/errors.ts';
import { LOG_LEVELS, type LogLevel } from '../util/log.ts';
import { type ConfigFile, fileWords } from './config-file.ts';
import { DEFAULT_CONFIG_FILE, type FlagValues, last, parseFlags } from './flags.ts';

export interface DaemonConfig {
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly addresses: readonly Address[];
  /** Of TCP listeners; undefined: they have none. */
  readonly tls: TlsFiles | undefined;
  readonly pidfile: string;
  readonly bridge: string;
  readonly bip: string | undefined;
  readonly mtu: number | undefined;
  /** On the default bridge: containers reach each other; they leave it under the host's address. */
  readonly icc: boolean;
  readonly ipMasq: boolean;
  /** Where ports are published that name no address; undefined: on every address. */
  readonly publishOn: string | undefined;
  readonly userlandProxy: boolean;
  /** Undefined: the daemon is alone. */
  readonly cluster: ClusterOptions | undefined;
  /** Empty: Docker's. */
  readonly addressPools: readonly AddressPool[];
  readonly storageDriver: string | undefined;
  /** `name=value`, not checked here. */
  readonly storageOptions: readonly string[];
  readonly mirrors: readonly string[];
  readonly insecureRegistries: readonly string[];
  /** Directories of certificates by registry host. */
  readonly certificates: readonly string[];
  readonly logLevel: LogLevel;
  /** Of containers that are not told one, with its options. Not checked here. */
  readonly logDriver: string;
  readonly logOptions: Readonly<Record<string, string>>;
  /** Whose subordinate ids containers get; undefined: they have the host's. */
  readonly usernsRemap: string | undefined;
  /** Of the unix socket; undefined: `tsker` or `docker` where it exists. */
  readonly group: string | undefined;
  readonly maxConcurrentDownloads: number;
  /** Of the daemon, as /info tells them. */
  readonly labels: readonly string[];
  /** Seconds that containers have to end when the daemon does; those that are told more have more. */
  readonly shutdownTimeout: number;
  /** Where sockets and spec files of plugins are looked for, in this order. */
  readonly pluginDirectories: readonly string[];
  /** Seconds that a plugin is waited for. */
  readonly pluginTimeout: number;
  /** Names, in the order they are asked; each once. */
  readonly authorizationPlugins: readonly string[];
  /** Whose children containers are: the daemon's, or shims' that outlive it. */
  readonly arch: Architecture;
  /** The OCI runtime of the split architecture: `tsker`, a name in PATH, or a path. */
  readonly runtime: string;
  /** In the split architecture: an orderly end leaves containers running. */
  readonly liveRestore: boolean;
}

export type Architecture = 'monolith' | 'split';

const DEFAULT_HOST = 'unix:///var/run/tsker.sock';

/**
 * The command line and the file it names. Undefined when help, or no more than a check, was asked for and printed. Throws `invalid` for
 * what it does not understand.
 */
export async function parseOptions(argv: readonly string[]): Promise<DaemonConfig | undefined> {
  const flags = await parseFlags(argv);
  if (flags === undefined) return undefined;
  const file = readConfigFile(flags.values.configFile);
  const words = file === undefined ? [] : fileWords(file, flags.given);
  const values = words.length === 0 ? flags.values : (await parseFlags([...words, ...argv]))?.values;
  if (values === undefined) return undefined;
  const config = toConfig(values);
  if (last(values.validate) !== true) return config;
  process.stdout.write('configuration OK\n');
  return undefined;
}

/** The standard one need not be there. */
function readConfigFile(given: string | undefined): ConfigFile | undefined {
  const path = last(given) ?? DEFAULT_CONFIG_FILE;
  try {
    return { path, text: readFileSync(path, 'utf8') };
  } catch (cause) {
    if (given === undefined && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new TskerError('invalid', `unable to configure the Docker daemon with file ${path}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function toConfig(values: FlagValues): DaemonConfig {
  return {
    dataRoot: absolute('--data-root', values.dataRoot),
    execRoot: absolute('--exec-root', values.execRoot),
    ...listening(values),
    pidfile: absolute('--pidfile', values.pidfile),
    bridge: last(values.bridge),
    bip: last(values.bip),
    mtu: values.mtu === undefined ? undefined : wholeNumber('--mtu', values.mtu),
    publishOn: publishAddress(last(values.ip)),
    userlandProxy: last(values.userlandProxy),
    cluster: parseCluster({
      store: last(values.clusterStore),
      advertise: last(values.clusterAdvertise),
      options: pairs('--cluster-store-opt', values.clusterStoreOpt),
    }),
    icc: last(values.icc),
    ipMasq: last(values.ipMasq),
    addressPools: values.defaultAddressPool.map(parsePool),
    storageDriver: last(values.storageDriver),
    storageOptions: values.storageOpt,
    pluginDirectories:
      values.pluginDir.length === 0
        ? PLUGIN_DIRECTORIES
        : values.pluginDir.map((path: string) => absolute('--plugin-dir', path)),
    pluginTimeout: wholeNumber('--plugin-timeout', values.pluginTimeout),
    authorizationPlugins: [...new Set(values.authorizationPlugin)],
    mirrors: values.registryMirror.map(checkMirror),
    insecureRegistries: values.insecureRegistry.map(checkInsecureRegistry),
    certificates:
      values.registryCerts.length === 0
        ? DEFAULT_CERTIFICATES
        : values.registryCerts.map((path) => absolute('--registry-certs', path)),
    logLevel: last(values.debug) ? 'debug' : logLevel(last(values.logLevel)),
    logDriver: last(values.logDriver),
    logOptions: pairs('--log-opt', values.logOpt),
    usernsRemap: last(values.usernsRemap) || undefined,
    group: last(values.group),
    maxConcurrentDownloads: wholeNumber('--max-concurrent-downloads', values.maxConcurrentDownloads),
    labels: values.label.map(checkLabel),
    shutdownTimeout: wholeNumber('--shutdown-timeout', values.shutdownTimeout),
    ...architectureOf(values),
  };
}

function architectureOf(values: {
  readonly arch: string;
  readonly runtime: string | undefined;
  readonly liveRestore: boolean | undefined;
}): Pick<DaemonConfig, 'arch' | 'runtime' | 'liveRestore'> {
  const arch = (['monolith', 'split'] as const).find((one) => one === last(values.arch));
  if (arch === undefined) throw new TskerError('invalid', `--arch ${last(values.arch)}: it is monolith or split`);
  const [runtime, liveRestore] = [last(values.runtime), last(values.liveRestore)];
  if (arch === 'monolith' && (runtime !== undefined || liveRestore === true)) {
    const option = runtime === undefined ? '--live-restore' : '--runtime';
    throw new TskerError(
      'invalid',
      `${option} needs --arch split: in the monolith containers are the daemon's children`,
    );
  }
  return { arch, runtime: runtime ?? 'tsker', liveRestore: arch === 'split' && liveRestore !== false };
}

interface ListeningValues {
  readonly host: readonly string[];
  readonly tls: boolean | undefined;
  readonly tlsverify: boolean | undefined;
  readonly tlscacert: string | undefined;
  readonly tlscert: string | undefined;
  readonly tlskey: string | undefined;
  readonly allowUnauthenticatedTcp: boolean;
}

function listening(values: ListeningValues): Pick<DaemonConfig, 'addresses' | 'tls'> {
  const verified = last(values.tlsverify) ?? false;
  const tls = verified || (last(values.tls) ?? false);
  const directory = process.env['DOCKER_CERT_PATH'] || join(homedir(), '.docker');
  const file = (given: string | undefined, name: string): string => last(given) ?? join(directory, name);
  const exposure = { verified, allowed: last(values.allowUnauthenticatedTcp) };
  const addresses = (values.host.length === 0 ? [DEFAULT_HOST] : values.host).map((text) =>
    parseAddress(text, { tls }),
  );
  for (const address of addresses) checkExposure(address, exposure);
  if (!tls) return { addresses, tls: undefined };
  const clientCa = verified ? file(values.tlscacert, 'ca.pem') : undefined;
  return { addresses, tls: { cert: file(values.tlscert, 'cert.pem'), key: file(values.tlskey, 'key.pem'), clientCa } };
}

function absolute(option: string, given: string): string {
  const path = last(given);
  if (path.startsWith('/') && !path.includes('\0')) return path.length > 1 ? path.replace(/\/+$/, '') : path;
  throw new TskerError('invalid', `${option} ${path}: the path must be absolute`);
}

function publishAddress(text: string | undefined): string | undefined {
  if (text === undefined || text === '0.0.0.0') return undefined;
  if (tryAddress(text) !== undefined) return text;
  throw new TskerError('invalid', `--ip ${text}: not an IP address`);
}

function pairs(option: string, given: readonly string[]): Record<string, string> {
  const entries = given.map((text): [string, string] => {
    const at = text.indexOf('=');
    if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
    throw new TskerError('invalid', `${option} ${text}: it is name=value`);
  });
  return Object.fromEntries(entries);
}

function checkLabel(text: string): string {
  if (/^[^=\s]+=/.test(text)) return text;
  throw new TskerError('invalid', `bad attribute format: ${text}`);
}

function logLevel(given: string): LogLevel {
  const level = LOG_LEVELS.find((one) => one === given);
  if (level !== undefined) return level;
  throw new TskerError('invalid', `--log-level ${given}: it is one of ${LOG_LEVELS.join(', ')}`);
}

function wholeNumber(option: string, given: number): number {
  const value = last(given);
  if (Number.isInteger(value) && value > 0) return value;
  throw new TskerError('invalid', `${option}: a whole number above 0 is needed`);
}
