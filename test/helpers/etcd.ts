// A store for clusters of tests: Debian's etcd, a server or several, each at an address of the namespace they run in.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Authority } from './authority.ts';
import type { Netns } from './netns.ts';
import type { Owner } from './owner.ts';
import { type Background, startBackground } from './process.ts';
import { tempdir } from './tempdir.ts';
import { waitFor } from './wait.ts';

const ETCD = '/usr/bin/etcd';

export const HAS_ETCD = existsSync(ETCD);

export interface EtcdServer {
  /** For --cluster-store. */
  readonly store: string;
  /** All that begin with a prefix; of the root user where there are users. */
  keys(prefix: string): Promise<string[]>;
  /** A call of the JSON gateway, at the first server that answers. */
  ask(method: string, body: object): Promise<Record<string, unknown>>;
  stop(address: string): Promise<void>;
  start(address: string): Promise<void>;
}

export interface EtcdOptions {
  readonly netns: Netns;
  readonly addresses: readonly string[];
  /** Servers have certificates of it, and clients need one. */
  readonly authority?: Authority;
}

export function startEtcd(owner: Owner, netns: Netns, address: string): Promise<EtcdServer> {
  return startEtcdCluster(owner, { netns, addresses: [address] });
}

export async function startEtcdCluster(
  owner: Owner,
  { netns, addresses, authority }: EtcdOptions,
): Promise<EtcdServer> {
  const directory = tempdir(owner, 'etcd');
  const scheme = authority === undefined ? 'http' : 'https';
  const name = (address: string): string => `at-${address}`;
  const peers = addresses.map((one) => `${name(one)}=http://${one}:2380`).join();
  const server = authority?.issue('etcd.test', addresses);
  const client = authority?.issue('client.test');
  const secure =
    authority === undefined || server === undefined
      ? []
      : [
          '--client-cert-auth',
          '--trusted-ca-file',
          authority.cert,
          '--cert-file',
          server.cert,
          '--key-file',
          server.key,
        ];
  const credentials =
    authority === undefined || client === undefined
      ? []
      : ['--cacert', authority.cert, '--cert', client.cert, '--key', client.key];
  const urlOf = (address: string): string => `${scheme}://${address}:2379`;
  const running = new Map<string, Background>();
  owner.teardown(async () => {
    await Promise.all([...running.values()].map((one) => one.stop(2000)));
  });
  const launch = (address: string): void => {
    const argv = [
      ...[
        'nsenter',
        `--net=${netns.path}`,
        ETCD,
        '--name',
        name(address),
        '--data-dir',
        join(directory, name(address)),
      ],
      ...['--listen-client-urls', urlOf(address), '--advertise-client-urls', urlOf(address)],
      ...['--listen-peer-urls', `http://${address}:2380`, '--initial-advertise-peer-urls', `http://${address}:2380`],
      ...['--initial-cluster', peers, '--logger', 'zap', '--log-level', 'warn', '--unsafe-no-fsync', ...secure],
    ];
    // The architecture it is tested on upstream is not the only one it runs on.
    const env = { ...process.env, ETCD_UNSUPPORTED_ARCH: process.arch };
    running.set(address, startBackground(argv, { log: join(directory, `${name(address)}.log`), env }));
  };
  const curl = (address: string, path: string, ...args: string[]) =>
    netns.run('curl', '-sS', '-m', '2', ...credentials, `${urlOf(address)}${path}`, ...args);
  const answers = (address: string): Promise<true> =>
    waitFor(`etcd at ${address} to answer`, async () => {
      const background = running.get(address);
      if (background?.exitCode() !== undefined) throw new Error(`etcd ended:\n${background.output()}`);
      return (await curl(address, '/health')).stdout.includes('true');
    });
  for (const address of addresses) launch(address);
  await Promise.all(addresses.map(answers));
  const ask = async (method: string, body: object, ...args: string[]): Promise<Record<string, unknown>> => {
    const address = addresses.find((one) => running.get(one)?.exitCode() === undefined) ?? '';
    const { stdout, stderr } = await curl(address, `/v3/${method}`, '-d', JSON.stringify(body), ...args);
    if (stdout === '') throw new Error(`etcd at ${address}: ${stderr}`);
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  return {
    store: `etcd://${addresses.map((one) => `${one}:2379`).join()}`,
    ask,
    async keys(prefix) {
      const key = Buffer.from(prefix);
      const end = Buffer.from(key);
      end[end.length - 1] = (end.at(-1) ?? 0) + 1;
      const body = { key: key.toString('base64'), range_end: end.toString('base64'), keys_only: true };
      const { kvs = [] } = (await ask('kv/range', body)) as { kvs?: { key: string }[] };
      return kvs.map((one) => Buffer.from(one.key, 'base64').toString()).sort();
    },
    stop: async (address) => {
      await running.get(address)?.stop(2000);
    },
    async start(address) {
      launch(address);
      await answers(address);
    },
  };
}
