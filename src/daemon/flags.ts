// The flags of `tsker daemon` with Docker's names, as yargs knows them: words in, one value or a list of them an option out. What the
// values have to be, options.ts knows.
import yargs from 'yargs';
import { PLUGIN_DIRECTORIES } from '../plugin/discover.ts';
import { DEFAULT_CERTIFICATES } from '../registry/certificates.ts';
import { TskerError } from '../util/errors.ts';
import { LOG_LEVELS } from '../util/log.ts';
import type { GivenFlags } from './config-file.ts';
import { LOG_DRIVERS } from './logging/config.ts';

export const DEFAULT_CONFIG_FILE = '/etc/tsker/daemon.json';

export type FlagValues = Awaited<ReturnType<ReturnType<typeof describe>['parseAsync']>>;

/** Values of all options, and of those that the words name; undefined when help was asked for and printed. */
export async function parseFlags(
  argv: readonly string[],
): Promise<{ values: FlagValues; given: GivenFlags } | undefined> {
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
    .option(
      'arch',
      text('monolith', 'monolith: containers are children of the daemon; split: of shims, which outlive it'),
    )
    .option(
      'runtime',
      optional('OCI runtime of --arch split: tsker (its own), a name in PATH or a path (default tsker)'),
    )
    .option('live-restore', {
      type: 'boolean',
      describe: 'Containers of --arch split go on when the daemon ends (default true)',
    })
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

/** `Unknown argument: foo` of yargs, in which several are one line. */
function inDockersWords(message: string): string {
  const unknown = /^Unknown arguments?: ([^,]+)/.exec(message)?.[1];
  if (unknown === undefined) return message;
  return `unknown flag: ${unknown.length === 1 ? '-' : '--'}${unknown}`;
}

/** yargs makes a list of an option that is given twice; the last one counts. */
export function last<T>(value: T): T {
  return Array.isArray(value) ? (value.at(-1) as T) : value;
}
