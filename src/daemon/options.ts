// The command line of `tsker daemon` with Docker's names, and the file it names, as typed and checked values. Nothing else is read.

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import yargs from 'yargs';
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
import { type ConfigFile, fileWords, type GivenFlags } from './config-file.ts';
import { LOG_DRIVERS } from './logging/config.ts';

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
}

const DEFAULT_HOST = 'unix:///var/run/tsker.sock';

export const DEFAULT_CONFIG_FILE = '/etc/tsker/daemon.json';

/**
 * The command line and the file it names. Undefined when help, or no more than a check, was asked for and printed. Throws `invalid` for
 * what it does not understand.
 */
export async function parseOptions(argv: readonly string[]): Promise<DaemonConfig | undefined> {
  const flags = await parseWords(argv);
  if (flags === undefined) return undefined;
  const file = readConfigFile(flags.values.configFile);
  const words = file === undefined ? [] : fileWords(file, flags.given);
  const values = words.length === 0 ? flags.values : (await parseWords([...words, ...argv]))?.values;
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

type Values = Awaited<ReturnType<ReturnType<typeof describe>['parseAsync']>>;

/** Values of all options, and of those that the words name. */
async function parseWords(argv: readonly string[]): Promise<{ values: Values; given: GivenFlags } | undefined> {
  let helped = false;
  const parser = describe(yargs([...argv]))
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      throw new TskerError('invalid', inDockersWords(message ?? error?.message ?? 'invalid arguments'), {
        hint: "see 'tsker daemon --help'",
      });
    });
  const values = await parser.parseAsync([...argv], {}, (_error, _values, output) => {
    if (output === '') return;
    helped = true;
    process.stdout.write(`${output}\n`);
  });
  if (helped) return undefined;
  if (values._.length > 0) throw new TskerError('invalid', `unexpected argument: ${String(values._[0])}`);
  // Known to yargs-parser, not to its types.
  const { defaulted = {} } = { ...parser.parsed } as { readonly defaulted?: Readonly<Record<string, boolean>> };
  const given = Object.entries(values).filter(
    ([name, value]) => !Object.hasOwn(defaulted, name) && value !== undefined,
  );
  return { values, given: new Map(given) };
}

function toConfig(values: Values): DaemonConfig {
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
  };
}

function describe(parser: ReturnType<typeof yargs>) {
  const text = (fallback: string, about: string) =>
    ({ type: 'string', default: fallback, describe: about, requiresArg: true }) as const;
  const optional = (about: string) => ({ type: 'string', describe: about, requiresArg: true }) as const;
  const list = (about: string) =>
    ({ type: 'string', array: true, default: [] as string[], describe: about, nargs: 1 }) as const;
  return parser
    .scriptName('tsker daemon')
    .usage('$0 [OPTIONS]\n\nThe engine: serves the Docker API, and is the parent of every container.')
    .option('data-root', { ...text('/var/lib/tsker', 'Images, containers, state'), alias: ['g', 'graph'] })
    .option('exec-root', text('/run/tsker', 'Files of the running daemon'))
    .option('host', { ...list('Listen there; may be repeated (default unix:///var/run/tsker.sock)'), alias: 'H' })
    .option('tls', { type: 'boolean', describe: 'TLS on TCP; implied by --tlsverify' })
    .option('tlsverify', {
      type: 'boolean',
      describe: 'TLS on TCP, only for clients with a certificate of --tlscacert',
    })
    .option('tlscacert', optional('Trust certificates of clients that this CA signed (default ~/.docker/ca.pem)'))
    .option('tlscert', optional('Certificate of TCP listeners (default ~/.docker/cert.pem)'))
    .option('tlskey', optional('Its key (default ~/.docker/key.pem)'))
    .option('allow-unauthenticated-tcp', {
      type: 'boolean',
      default: false,
      describe: 'Serve whoever reaches a TCP address, and make them root on this machine',
    })
    .option('config-file', optional(`Options in JSON, read again on SIGHUP (default ${DEFAULT_CONFIG_FILE})`))
    .option('validate', { type: 'boolean', default: false, describe: 'Check the options and the file, and end' })
    .option('label', list('Label of the daemon, key=value; may be repeated'))
    .option('shutdown-timeout', {
      type: 'number',
      default: 15,
      describe: 'Seconds that containers have to end when the daemon does',
      requiresArg: true,
    })
    .option('pidfile', { ...text('/var/run/tsker.pid', "The daemon's process id"), alias: 'p' })
    .option('bridge', { ...text('tsker0', 'Bridge of the default network, or none'), alias: 'b' })
    .option('bip', optional('Address of the bridge, 172.30.0.1/16'))
    .option('mtu', { type: 'number', describe: "MTU of containers' interfaces", requiresArg: true })
    .option('ip', optional('Address on which ports are published that name none (default: every address)'))
    .option('userland-proxy', {
      type: 'boolean',
      default: true,
      describe: 'A process for each published port, for connections from localhost',
    })
    .option('storage-driver', { ...optional('overlay, btrfs, devicemapper or vfs'), alias: 's' })
    .option('storage-opt', list('Option of the storage driver, name=value; may be repeated'))
    .option('icc', { type: 'boolean', default: true, describe: 'Containers on the default bridge reach each other' })
    .option('ip-masq', { type: 'boolean', default: true, describe: "They reach outside under the host's address" })
    .option('default-address-pool', list('Where subnets come from, base=10.10.0.0/16,size=24; may be repeated'))
    .option(
      'cluster-store',
      optional('Where hosts find each other for overlay networks, etcd://HOST:PORT[,...][/PATH]'),
    )
    .option('cluster-advertise', optional('Address or interface at which the other hosts reach this one, eth0:2376'))
    .option('cluster-store-opt', list('Option of the cluster store, name=value; may be repeated'))
    .option('authorization-plugin', list('Plugin that is asked about every request; may be repeated'))
    .option('plugin-dir', list(`Sockets and spec files of plugins (default ${PLUGIN_DIRECTORIES.join(', ')})`))
    .option('plugin-timeout', {
      type: 'number',
      default: 30,
      describe: 'Seconds that a plugin is waited for',
      requiresArg: true,
    })
    .option('registry-mirror', list('Mirror of docker.io; may be repeated'))
    .option('insecure-registry', list('Registry without verified TLS, host:port or CIDR; may be repeated'))
    .option(
      'registry-certs',
      list(`Certificates by registry host; may be repeated (default ${DEFAULT_CERTIFICATES.join(', ')})`),
    )
    .option('log-level', { ...text('info', `Least level that is logged: ${LOG_LEVELS.join(', ')}`), alias: 'l' })
    .option('debug', { type: 'boolean', default: false, describe: 'As --log-level debug', alias: 'D' })
    .option('log-driver', text('json-file', `Log driver of containers: ${[...LOG_DRIVERS, 'none'].join(', ')}`))
    .option('log-opt', list('Option of the log driver, name=value; may be repeated'))
    .option('userns-remap', optional('User (or user:group, or default) whose subordinate ids containers run with'))
    .option('group', { ...optional('Group of the unix socket (default tsker or docker)'), alias: 'G' })
    .option('max-concurrent-downloads', {
      type: 'number',
      default: 3,
      describe: 'Layers downloaded at once',
      requiresArg: true,
    })
    .parserConfiguration({ 'duplicate-arguments-array': true, 'strip-aliased': true, 'boolean-negation': false })
    .strictOptions()
    .version(false)
    .wrap(null)
    .help()
    .alias('help', 'h');
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

/** `Unknown argument: foo` of yargs, in which several are one line. */
function inDockersWords(message: string): string {
  const unknown = /^Unknown arguments?: ([^,]+)/.exec(message)?.[1];
  if (unknown === undefined) return message;
  return `unknown flag: ${unknown.length === 1 ? '-' : '--'}${unknown}`;
}

/** yargs makes a list of an option that is given twice; the last one counts. */
function last<T>(value: T): T {
  return Array.isArray(value) ? (value.at(-1) as T) : value;
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
