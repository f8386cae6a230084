// The store of a cluster behind TLS, with users, and of several servers of which some fail. Needs: root, network namespaces, VXLAN, etcd
// (Debian's etcd-server), curl, openssl. The host is a namespace with a daemon; its store is beyond a wire.
import test, { type ExecutionContext } from 'ava';
import { makeAuthority } from '../helpers/authority.ts';
import { type Daemon, startDaemon } from '../helpers/daemon.ts';
import { HAS_ETCD, startEtcdCluster } from '../helpers/etcd.ts';
import { needing } from '../helpers/needs.ts';
import { makeNetns, type Netns } from '../helpers/netns.ts';
import { waitFor } from '../helpers/wait.ts';

const check = needing(test.serial, { 'etcd-server': HAS_ETCD });
const HOST = '203.0.113.1';

/** A namespace with some addresses for the store, and one for the host, joined. */
async function makeWire(t: ExecutionContext, addresses: readonly string[]): Promise<{ wire: Netns; host: Netns }> {
  const [wire, host] = [await makeNetns(t, 'store'), await makeNetns(t, 'host')];
  for (const netns of [wire, host]) await netns.ok('ip', 'link', 'set', 'lo', 'up');
  await wire.ok('ip', 'link', 'add', 'wire', 'type', 'veth', 'peer', 'name', 'uplink', 'netns', host.name);
  for (const one of addresses) await wire.ok('ip', 'addr', 'add', `${one}/24`, 'dev', 'wire');
  await wire.ok('ip', 'link', 'set', 'wire', 'up');
  await host.ok('ip', 'addr', 'add', `${HOST}/24`, 'dev', 'uplink');
  await host.ok('ip', 'link', 'set', 'uplink', 'up');
  return { wire, host };
}

interface Membership {
  readonly host: Netns;
  readonly store: string;
  readonly options?: Readonly<Record<string, string>>;
}

function join(t: ExecutionContext, { host, store, options = {} }: Membership): Promise<Daemon> {
  const all = { 'discovery.heartbeat': '1', 'discovery.ttl': '4', ...options };
  return startDaemon(t, {
    through: ['nsenter', `--net=${host.path}`],
    args: [
      ...['--cluster-store', store, '--cluster-advertise', `${HOST}:2376`],
      ...Object.entries(all).flatMap(([name, value]) => ['--cluster-store-opt', `${name}=${value}`]),
    ],
  });
}

const make = (daemon: Daemon, name: string) => daemon.tsker.run(['network', 'create', '-d', 'overlay', name]);

check('a store behind TLS is reached with a certificate that it trusts, and not without', async (t) => {
  t.timeout(120_000);
  const address = '203.0.113.250';
  const { wire, host } = await makeWire(t, [address]);
  const authority = makeAuthority(t, 'store');
  const etcd = await startEtcdCluster(t, { netns: wire, addresses: [address], authority });
  const { cert, key } = authority.issue('daemon.test');
  const options = { 'kv.cacertfile': authority.cert, 'kv.certfile': cert, 'kv.keyfile': key, 'kv.path': 'classroom' };
  const daemon = await join(t, { host, store: etcd.store, options });
  const made = await make(daemon, 'secret');
  t.is(made.code, 0, made.stderr);
  t.is((await etcd.keys('classroom/v1/networks/')).length, 1);
  t.is((await daemon.tsker.ok(['network', 'ls', '-q', '-f', 'name=secret'])).length, 12);
  await daemon.tsker.ok(['network', 'rm', 'secret']);
  t.deepEqual(await etcd.keys('classroom/v1/networks/'), []);
  await daemon.stop();

  const strangers = [
    { options: { 'kv.cacertfile': authority.cert }, reason: /certificate required|bad certificate|ECONNRESET|socket/i },
    { options: { 'kv.certfile': cert, 'kv.keyfile': key }, reason: /self.signed|unable to (get|verify)/i },
  ];
  await Promise.all(
    strangers.map(async ({ options, reason }) => {
      const stranger = await join(t, { host, store: etcd.store, options });
      t.regex(stranger.output(), reason);
    }),
  );
});

check(
  'a store that knows users is used with name and password, also after it has forgotten who was signed in',
  async (t) => {
    t.timeout(120_000);
    const address = '203.0.113.249';
    const { wire, host } = await makeWire(t, [address]);
    const etcd = await startEtcdCluster(t, { netns: wire, addresses: [address] });
    const everything = { permType: 'READWRITE', key: Buffer.from('\0').toString('base64'), range_end: 'AA==' };
    await etcd.ask('auth/role/add', { name: 'root' });
    await etcd.ask('auth/role/add', { name: 'engine' });
    await etcd.ask('auth/role/grant', { name: 'engine', perm: everything });
    for (const [name, role] of [
      ['root', 'root'],
      ['tsker', 'engine'],
    ] as const) {
      await etcd.ask('auth/user/add', { name, password: `${name}-password` });
      await etcd.ask('auth/user/grant', { user: name, role });
    }
    await etcd.ask('auth/enable', {});
    const user = { 'kv.username': 'tsker', 'kv.password': 'tsker-password' };
    const daemon = await join(t, { host, store: etcd.store, options: user });
    const made = await make(daemon, 'known');
    t.is(made.code, 0, made.stderr);
    // Its tokens are in memory.
    await etcd.stop(address);
    await etcd.start(address);
    await waitFor('the store to be used again', async () => (await make(daemon, 'again')).code === 0, {
      timeout: 20_000,
      interval: 200,
    });
    await daemon.tsker.ok(['network', 'rm', 'known', 'again']);
    t.notRegex(daemon.output() + (await daemon.api('GET', '/info')).text, /tsker-password/);
    await daemon.stop();

    const stranger = await join(t, { host, store: etcd.store, options: { ...user, 'kv.password': 'wrong' } });
    t.regex(stranger.output(), /authentication failed/);
    const refused = await make(stranger, 'stranger');
    t.is(refused.code, 1);
    t.regex(refused.stderr, /authentication failed/);
  },
);

check(
  'of three servers one may end and one be cut off: another is asked, and what happens there is heard',
  async (t) => {
    t.timeout(120_000);
    const addresses = ['203.0.113.241', '203.0.113.242', '203.0.113.243'];
    const [first = '', second = ''] = addresses;
    const { wire, host } = await makeWire(t, addresses);
    const etcd = await startEtcdCluster(t, { netns: wire, addresses });
    const daemon = await join(t, { host, store: etcd.store });
    t.is((await make(daemon, 'before')).code, 0);

    await etcd.stop(first);
    await waitFor('the second server', async () => (await make(daemon, 'with-two')).code === 0, { timeout: 20_000 });
    await etcd.start(first);

    // The wire takes what is for that one and says nothing: the connections stay, and the watch with them.
    await host.ok('ip', 'route', 'add', 'blackhole', `${second}/32`);
    await waitFor('the third server', async () => (await make(daemon, 'cut-off')).code === 0, {
      timeout: 30_000,
      interval: 200,
    });
    // Another host's doing, told by the watch.
    const networks = async (): Promise<string> => await daemon.tsker.ok(['network', 'ls', '--format', '{{.Name}}']);
    const key = (await etcd.keys('tsker/v1/networks/'))[0] ?? '';
    const names = await networks();
    await etcd.ask('kv/deleterange', { key: Buffer.from(key).toString('base64') });
    await waitFor('the watch', async () => (await networks()) !== names, { timeout: 20_000, interval: 200 });
    await host.ok('ip', 'route', 'del', 'blackhole', `${second}/32`);
    t.regex(daemon.output(), /is reached again|cut off/);
  },
);
