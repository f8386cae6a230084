// The cluster as the daemon's command line gives it: --cluster-store, --cluster-advertise, --cluster-store-opt, in the spelling
// they had with Docker before swarm mode. Pure; who has the address of an interface is looked up by service.ts.
import { isIPv4 } from 'node:net';
import { TskerError } from '../../util/errors.ts';
import { isInterfaceName } from '../bridge-options.ts';

export interface ClusterOptions {
  /** As given, for /info. */
  readonly store: string;
  readonly advertise: string;
  /** `http://10.0.0.5:2379`, tried in this order. */
  readonly servers: readonly string[];
  /** What all keys begin with; no slash at its ends. */
  readonly prefix: string;
  /** An address of this host, or the interface that has it. */
  readonly reachedAt: string;
  /** Seconds between two signs of life, and after how many without one the others take this host for gone. */
  readonly heartbeat: number;
  readonly ttl: number;
  /** Paths of files in PEM. */
  readonly tls: ClusterTls | undefined;
  /** Where the store asks who one is. */
  readonly user: ClusterUser | undefined;
}

export interface ClusterUser {
  readonly name: string;
  readonly password: string;
}

export interface ClusterTls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

const DEFAULT_PREFIX = 'tsker';
const DEFAULT_PORT = 2379;
const HEARTBEAT = 5;
/** A sign of life may be late or lost twice. */
const BEATS = 3;
const OPTIONS = [
  ...['discovery.heartbeat', 'discovery.ttl', 'kv.path'],
  ...['kv.cacertfile', 'kv.certfile', 'kv.keyfile'],
  // tsker's own: Docker's client of etcd knew no users.
  ...['kv.username', 'kv.password'],
];

export interface ClusterArguments {
  readonly store: string | undefined;
  readonly advertise: string | undefined;
  readonly options: Readonly<Record<string, string>>;
}

/** Undefined: the daemon is alone. Throws `invalid`. */
export function parseCluster({ store, advertise, options }: ClusterArguments): ClusterOptions | undefined {
  if (store === undefined) {
    if (advertise !== undefined || Object.keys(options).length > 0) {
      refuse('--cluster-advertise and --cluster-store-opt need --cluster-store');
    }
    return undefined;
  }
  if (advertise === undefined) {
    refuse(
      '--cluster-store needs --cluster-advertise: the address, or the interface, at which other hosts reach this one',
    );
  }
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) refuse(`--cluster-store-opt ${unknown}: it is one of ${OPTIONS.join(', ')}`);
  const heartbeat = seconds(options, 'discovery.heartbeat') ?? HEARTBEAT;
  const ttl = seconds(options, 'discovery.ttl') ?? heartbeat * BEATS;
  if (ttl <= heartbeat) refuse('--cluster-store-opt: discovery.ttl has to be greater than discovery.heartbeat');
  const tls = tlsOf(options);
  const { hosts, path } = parseStore(store);
  return {
    ...{ store, advertise, heartbeat, ttl, tls, user: userOf(options) },
    servers: hosts.map((host) => `${tls === undefined ? 'http' : 'https'}://${host}`),
    prefix: trim(options['kv.path'] ?? path) || DEFAULT_PREFIX,
    reachedAt: parseAdvertise(advertise),
  };
}

/** `etcd://a:2379,b:2379/path`. */
function parseStore(text: string): { hosts: string[]; path: string } {
  const match = /^(\w+):\/\/([^/]+)(\/.*)?$/.exec(text);
  const [, scheme = '', hosts = '', path = ''] = match ?? [];
  if (match === null) refuse(`--cluster-store ${text}: it is etcd://HOST:PORT[,HOST:PORT...][/PATH]`);
  if (scheme !== 'etcd') refuse(`--cluster-store ${text}: the only store is etcd, not ${scheme}`);
  return { hosts: hosts.split(',').map((host) => withPort(text, host)), path };
}

function withPort(text: string, host: string): string {
  const [, name = '', port = ''] = /^(\[[0-9a-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/i.exec(host) ?? [];
  if (name === '' || Number(port) > 65_535) refuse(`--cluster-store ${text}: ${JSON.stringify(host)} is no HOST:PORT`);
  return `${name}:${port === '' ? DEFAULT_PORT : port}`;
}

/** `10.0.0.2:2376`, `eth0:2376`; the port was where Docker's API listens, and nobody asks for it here. */
function parseAdvertise(text: string): string {
  const [, place = ''] = /^([^:]+)(?::\d{1,5})?$/.exec(text) ?? [];
  if (isIPv4(place) || isInterfaceName(place)) return place;
  return refuse(
    `--cluster-advertise ${text}: it is an IPv4 address or an interface of this host, like 10.0.0.2:2376 or eth0:2376`,
  );
}

function seconds(options: Readonly<Record<string, string>>, name: string): number | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,5}$/.test(text)) refuse(`--cluster-store-opt ${name}=${text}: a number of seconds is needed`);
  return Number(text);
}

function tlsOf(options: Readonly<Record<string, string>>): ClusterTls | undefined {
  const [ca, cert, key] = [options['kv.cacertfile'], options['kv.certfile'], options['kv.keyfile']];
  if ((cert === undefined) !== (key === undefined)) {
    refuse('--cluster-store-opt: kv.certfile and kv.keyfile go together');
  }
  return ca === undefined && cert === undefined ? undefined : { ca, cert, key };
}

function userOf(options: Readonly<Record<string, string>>): ClusterUser | undefined {
  const [name, password] = [options['kv.username'], options['kv.password']];
  if ((name === undefined) !== (password === undefined)) {
    refuse('--cluster-store-opt: kv.username and kv.password go together');
  }
  return name === undefined || password === undefined ? undefined : { name, password };
}

function trim(path: string): string {
  return path.replaceAll(/^\/+|\/+$/g, '');
}

function refuse(message: string): never {
  throw new TskerError('invalid', message);
}
