// A store for clusters of tests: Debian's etcd with a directory of its own, reached at an address of the namespace it runs in.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Netns } from './netns.ts';
import type { Owner } from './owner.ts';
import { startBackground } from './process.ts';
import { tempdir } from './tempdir.ts';
import { waitFor } from './wait.ts';

const ETCD = '/usr/bin/etcd';

export interface EtcdServer {
  /** For --cluster-store. */
  readonly store: string;
  /** All that begin with a prefix. */
  keys(prefix: string): Promise<string[]>;
}

export const HAS_ETCD = existsSync(ETCD);

export async function startEtcd(owner: Owner, netns: Netns, address: string): Promise<EtcdServer> {
  const directory = tempdir(owner, 'etcd');
  const clients = `http://${address}:2379`;
  const argv = [
    ...['nsenter', `--net=${netns.path}`, ETCD, '--name', 'test', '--data-dir', join(directory, 'data')],
    ...['--listen-client-urls', clients, '--advertise-client-urls', clients],
    ...['--listen-peer-urls', 'http://127.0.0.1:2380', '--initial-advertise-peer-urls', 'http://127.0.0.1:2380'],
    ...['--initial-cluster', 'test=http://127.0.0.1:2380', '--logger', 'zap', '--log-level', 'warn'],
  ];
  // The architecture it is tested on upstream is not the only one it runs on.
  const env = { ...process.env, ETCD_UNSUPPORTED_ARCH: process.arch };
  const server = startBackground(argv, { log: join(directory, 'log'), env });
  owner.teardown(() => server.stop());
  const ask = (path: string, body: string) => netns.run('curl', '-sS', '-m', '2', `${clients}${path}`, '-d', body);
  await waitFor('etcd to answer', async () => {
    if (server.exitCode() !== undefined) throw new Error(`etcd ended:\n${server.output()}`);
    return (await netns.run('curl', '-sS', '-m', '2', `${clients}/health`)).stdout.includes('true');
  });
  return {
    store: `etcd://${address}:2379`,
    async keys(prefix) {
      const key = Buffer.from(prefix);
      const end = Buffer.from(key);
      end[end.length - 1] = (end.at(-1) ?? 0) + 1;
      const body = { key: key.toString('base64'), range_end: end.toString('base64'), keys_only: true };
      const { stdout } = await ask('/v3/kv/range', JSON.stringify(body));
      const { kvs = [] } = JSON.parse(stdout) as { kvs?: { key: string }[] };
      return kvs.map((one) => Buffer.from(one.key, 'base64').toString()).sort();
    },
  };
}
