// Needs: root, network namespaces, overlay. Networks of the user's own through a real daemon: real packets between containers, by
// address and by every kind of name.
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import test from 'ava';
import type { Daemon } from '../helpers/daemon.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { waitFor } from '../helpers/wait.ts';
import { create, inspect, start, startWithBusybox } from './daemon.harness.ts';

interface EndpointView {
  readonly IPAddress: string;
  readonly Gateway: string;
  readonly MacAddress: string;
  readonly GlobalIPv6Address: string;
  readonly Aliases: readonly string[] | null;
  readonly DNSNames: readonly string[] | null;
}

interface View {
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, EndpointView>>; readonly SandboxKey: string };
  readonly State: { readonly Pid: number };
}

const owner = suiteOwner(test);
let daemon: Daemon;

test.before(async () => {
  daemon = await startWithBusybox(owner);
});

/** A network that is gone with its containers at the end of the test. */
async function network(name: string, body: object = {}): Promise<string> {
  const answer = await daemon.api('POST', '/networks/create', { Name: name, ...body });
  if (answer.status !== 201) throw new Error(`network: ${answer.status} ${answer.text}`);
  return answer.json<{ Id: string }>().Id;
}

function sleeper(mode: string, more: object = {}, host: object = {}): object {
  return { Cmd: ['sleep', '1000'], StopSignal: 'KILL', HostConfig: { NetworkMode: mode, ...host }, ...more };
}

function endpoints(configs: Readonly<Record<string, object>>): object {
  return { NetworkingConfig: { EndpointsConfig: configs } };
}

async function exec(container: string, ...argv: string[]): Promise<{ code: number; out: string }> {
  const { code, stdout, stderr } = await daemon.tsker.run(['exec', container, ...argv]);
  return { code, out: stdout + stderr };
}

async function reaches(container: string, target: string): Promise<boolean> {
  return (await exec(container, 'ping', '-c', '1', '-W', '2', target)).code === 0;
}

async function resolve(container: string, name: string): Promise<string[]> {
  const { out } = await exec(container, 'nslookup', name);
  const answers = out.slice(out.indexOf('\n\n'));
  return [...answers.matchAll(/Address(?: \d+)?:\s*(\S+)/g)].map(([, address = '']) => address).sort();
}

async function networksOf(container: string): Promise<View['NetworkSettings']['Networks']> {
  return (await inspect<View>(daemon, container)).NetworkSettings.Networks;
}

test('containers on a network find each other by address, name, alias, short id and name.network', async (t) => {
  await network('n-names');
  const a = await start(daemon, sleeper('n-names'), 'names-a');
  const b = await start(daemon, sleeper('n-names', endpoints({ 'n-names': { Aliases: ['db', 'Store'] } })), 'names-b');
  const { 'n-names': endpoint } = await networksOf(b);
  const address = endpoint?.IPAddress ?? '';
  t.deepEqual(endpoint?.Aliases, ['db', 'Store']);
  t.deepEqual(endpoint?.DNSNames, ['names-b', 'db', 'Store', b.slice(0, 12)]);
  for (const name of [address, 'names-b', 'db', 'store', 'DB', b.slice(0, 12), 'names-b.n-names', 'db.n-names']) {
    t.true(await reaches(a, name), name);
  }
  t.deepEqual(await resolve(a, 'db'), [address]);
  t.regex((await exec(a, 'nslookup', address)).out, /names-b\.n-names/);
  t.is((await exec(a, 'cat', '/etc/resolv.conf')).out.match(/nameserver 127\.0\.0\.11/g)?.length, 1);
  t.regex((await exec(a, 'cat', '/etc/resolv.conf')).out, /options .*ndots:0/);
});

test('a name that several have has all their addresses, in an order that changes', async (t) => {
  await network('n-round');
  const alias = endpoints({ 'n-round': { Aliases: ['pool'] } });
  const members = await Promise.all(['r1', 'r2', 'r3'].map((name) => start(daemon, sleeper('n-round', alias), name)));
  const asker = await start(daemon, sleeper('n-round'), 'r-asker');
  const addresses = await Promise.all(members.map(async (id) => (await networksOf(id))['n-round']?.IPAddress ?? ''));
  t.deepEqual(await resolve(asker, 'pool'), addresses.toSorted());
  const { out } = await exec(asker, 'sh', '-c', 'for i in $(seq 30); do ping -c1 -W2 pool | head -1; done');
  t.is(new Set(out.match(/\(([\d.]+)\)/g)).size, 3, out);
  await daemon.api('DELETE', `/containers/${members[0]}?force=1`);
  t.deepEqual(await resolve(asker, 'pool'), addresses.slice(1).toSorted());
});

test('a container is known by its new name after a rename, and by its old no more', async (t) => {
  await network('n-rename');
  const a = await start(daemon, sleeper('n-rename'), 'rename-a');
  const b = await start(daemon, sleeper('n-rename'), 'rename-old');
  t.true(await reaches(a, 'rename-old'));
  t.is((await daemon.api('POST', `/containers/${b}/rename?name=rename-new`)).status, 204);
  t.true(await reaches(a, 'rename-new'));
  t.deepEqual(await resolve(a, 'rename-old'), []);
});

test('networks are kept apart, and from the default bridge', async (t) => {
  await network('n-apart-1');
  await network('n-apart-2');
  const a = await start(daemon, sleeper('n-apart-1'), 'apart-a');
  const b = await start(daemon, sleeper('n-apart-2'), 'apart-b');
  const c = await start(daemon, sleeper('bridge'), 'apart-c');
  const addressOf = async (id: string): Promise<string> => Object.values(await networksOf(id))[0]?.IPAddress ?? '';
  t.false(await reaches(a, await addressOf(b)));
  t.false(await reaches(a, await addressOf(c)));
  t.false(await reaches(c, await addressOf(a)));
  t.deepEqual(await resolve(a, 'apart-b'), []);
});

test('a container on two networks reaches both; the default route follows the priority', async (t) => {
  await network('n-two-1');
  await network('n-two-2');
  const [one, two] = [
    await start(daemon, sleeper('n-two-1'), 'two-1'),
    await start(daemon, sleeper('n-two-2'), 'two-2'),
  ];
  const configs = endpoints({ 'n-two-1': {}, 'n-two-2': { GwPriority: 5, Aliases: ['both'] } });
  const both = await start(daemon, sleeper('n-two-1', configs), 'two-both');
  t.true(await reaches(both, 'two-1'));
  t.true(await reaches(both, 'two-2'));
  t.true(await reaches(one, 'two-both'));
  t.true(await reaches(two, 'both'));
  const view = await networksOf(both);
  t.regex((await exec(both, 'ip', 'route')).out, new RegExp(`default via ${view['n-two-2']?.Gateway}`));
  t.regex((await exec(both, 'ip', 'addr')).out, /eth0[\s\S]*eth1/);
});

test('a client from before there could be several networks is told so', async (t) => {
  const body = { Image: 'busybox', ...endpoints({ bridge: {}, none: {} }) };
  const answer = await daemon.api('POST', '/v1.43/containers/create', body);
  t.is(answer.status, 400);
  t.regex(answer.text, /Container cannot be connected to network endpoints: bridge, none/);
});

test('a running container joins a network and leaves it, with its names, files and routes', async (t) => {
  await network('n-join');
  const other = await start(daemon, sleeper('n-join'), 'join-other');
  const one = await start(daemon, sleeper('bridge'), 'join-one');
  t.deepEqual(await resolve(one, 'join-other'), []);
  const body = { Container: one, EndpointConfig: { Aliases: ['guest'] } };
  t.is((await daemon.api('POST', '/networks/n-join/connect', body)).status, 200);
  t.true(await reaches(one, 'join-other'));
  t.true(await reaches(other, 'guest'));
  t.regex((await exec(one, 'cat', '/etc/resolv.conf')).out, /127\.0\.0\.11/);
  const { 'n-join': joined, bridge } = await networksOf(one);
  t.regex((await exec(one, 'cat', '/etc/hosts')).out, new RegExp(`${joined?.IPAddress}\t`));
  t.regex((await exec(one, 'ip', 'route')).out, new RegExp(`default via ${bridge?.Gateway}`));
  t.is((await daemon.api('DELETE', '/networks/n-join')).status, 403);
  t.is((await daemon.api('POST', '/networks/n-join/disconnect', { Container: one })).status, 200);
  t.deepEqual(await resolve(other, 'guest'), []);
  t.deepEqual(Object.keys(await networksOf(one)), ['bridge']);
  t.notRegex((await exec(one, 'ip', 'addr')).out, /eth1/);
  t.true(await reaches(one, bridge?.Gateway ?? ''));
});

test('when the network with the default route is left, another gives it; a stranger’s coming disturbs nobody', async (t) => {
  await network('n-leave-a');
  await network('n-leave-b');
  const one = await start(daemon, sleeper('n-leave-a', endpoints({ 'n-leave-a': {}, 'n-leave-b': {} })), 'leave-one');
  const peer = await start(daemon, sleeper('n-leave-b'), 'leave-peer');
  const views = await networksOf(one);
  t.regex((await exec(one, 'ip', 'route')).out, new RegExp(`default via ${views['n-leave-a']?.Gateway}`));
  const pings = exec(peer, 'ping', '-c', '20', '-i', '0.1', '-W', '2', 'leave-one');
  t.is((await daemon.api('POST', '/networks/n-leave-a/disconnect', { Container: one })).status, 200);
  await start(daemon, sleeper('n-leave-b'), 'leave-stranger');
  t.regex((await pings).out, /20 packets transmitted, 20 packets received, 0% packet loss/);
  t.regex((await exec(one, 'ip', 'route')).out, new RegExp(`default via ${views['n-leave-b']?.Gateway}`));
});

test('a stopped container joins and leaves by its configuration; a network that is gone keeps it from starting', async (t) => {
  await network('n-stopped');
  const id = await create(daemon, sleeper('bridge'), 'stopped-one');
  t.is((await daemon.api('POST', '/networks/n-stopped/connect', { Container: id })).status, 200);
  t.deepEqual(Object.keys(await networksOf(id)), ['bridge', 'n-stopped']);
  await daemon.api('POST', `/containers/${id}/start`);
  t.regex((await networksOf(id))['n-stopped']?.IPAddress ?? '', /^\d+\./);
  await daemon.api('POST', `/containers/${id}/kill`);
  await daemon.api('POST', `/containers/${id}/wait`);
  t.is((await daemon.api('DELETE', '/networks/n-stopped')).status, 204);
  const refused = await daemon.api('POST', `/containers/${id}/start`);
  t.is(refused.status, 404);
  t.regex(refused.text, /network n-stopped not found/);
});

test('addresses and MACs that were asked for are had, by one container only', async (t) => {
  const prefix = daemon.subnet.prefix.split('.')[2];
  const subnet = `10.199.${prefix}`;
  await network('n-static', { IPAM: { Config: [{ Subnet: `${subnet}.0/24`, IPRange: `${subnet}.128/25` }] } });
  const wish = { IPAMConfig: { IPv4Address: `${subnet}.7` }, MacAddress: '02:00:00:00:00:77' };
  const one = await start(daemon, sleeper('n-static', endpoints({ 'n-static': wish })), 'static-one');
  const { 'n-static': endpoint } = await networksOf(one);
  t.like(endpoint, { IPAddress: `${subnet}.7`, MacAddress: '02:00:00:00:00:77' });
  t.regex((await exec(one, 'ip', 'addr', 'show', 'eth0')).out, /02:00:00:00:00:77[\s\S]*\.7\/24/);
  const two = await create(daemon, sleeper('n-static', endpoints({ 'n-static': { IPAMConfig: wish.IPAMConfig } })));
  const refused = await daemon.api('POST', `/containers/${two}/start`);
  t.is(refused.status, 403);
  t.regex(refused.text, /Address already in use/);
  const free = await start(daemon, sleeper('n-static'), 'static-free');
  t.regex((await networksOf(free))['n-static']?.IPAddress ?? '', /\.1(2[89]|[3-9]\d)$/);
});

test('an internal network leads nowhere, and asks nobody for names it does not know', async (t) => {
  await network('n-internal', { Internal: true });
  const one = await start(daemon, sleeper('n-internal'), 'internal-one');
  const two = await start(daemon, sleeper('n-internal'), 'internal-two');
  t.true(await reaches(one, 'internal-two'));
  t.is((await exec(one, 'ip', 'route')).out.includes('default'), false);
  t.regex((await exec(two, 'nslookup', 'example.org')).out, /SERVFAIL|can't resolve/);
});

test('without icc containers reach the bridge and not each other', async (t) => {
  await network('n-icc', { Options: { 'com.docker.network.bridge.enable_icc': 'false' } });
  const one = await start(daemon, sleeper('n-icc'), 'icc-one');
  const two = await start(daemon, sleeper('n-icc'), 'icc-two');
  const { 'n-icc': endpoint } = await networksOf(two);
  t.true(await reaches(one, endpoint?.Gateway ?? ''));
  t.false(await reaches(one, endpoint?.IPAddress ?? ''));
});

test('a network has the MTU and the bridge name that were asked for', async (t) => {
  const name = `tk${daemon.bridge.slice(3)}m`;
  const options = { 'com.docker.network.driver.mtu': '1400', 'com.docker.network.bridge.name': name };
  await network('n-mtu', { Options: options });
  const one = await start(daemon, sleeper('n-mtu'), 'mtu-one');
  t.regex((await exec(one, 'ip', 'link', 'show', 'eth0')).out, /mtu 1400/);
  t.regex((await daemon.api('GET', '/networks/n-mtu')).text, new RegExp(name));
  await daemon.api('DELETE', `/containers/${one}?force=1`);
  t.is((await daemon.api('DELETE', '/networks/n-mtu')).status, 204);
});

test('IPv6 on request: addresses of both families, reached and resolved', async (t) => {
  const net = `fd00:${daemon.bridge.slice(3, 7)}:${daemon.bridge.slice(7, 11)}::/64`;
  await network('n-six', { EnableIPv6: true, IPAM: { Config: [{ Subnet: net }] } });
  const one = await start(daemon, sleeper('n-six'), 'six-one');
  const two = await start(daemon, sleeper('n-six'), 'six-two');
  const { 'n-six': endpoint } = await networksOf(two);
  const [v4 = '', v6 = ''] = [endpoint?.IPAddress, endpoint?.GlobalIPv6Address];
  t.regex(v6, /^fd00:/);
  t.true(await reaches(one, v4));
  t.is((await exec(one, 'ping', '-6', '-c', '1', '-W', '2', v6)).code, 0);
  t.is((await exec(one, 'ping', '-6', '-c', '1', '-W', '2', 'six-two')).code, 0);
  t.deepEqual(await resolve(one, 'six-two'), [v4, v6].toSorted());
  t.regex((await exec(one, 'ip', '-6', 'route')).out, /default via fd00:/);
});

test('links on the default bridge: hosts entries and variables; on a network of the user’s own: names of one’s own', async (t) => {
  const db = await start(
    daemon,
    { ...sleeper('bridge'), Env: ['SECRET=x'], ExposedPorts: { '5432/tcp': {} } },
    'link-db',
  );
  const { bridge } = await networksOf(db);
  const web = await start(daemon, sleeper('bridge', {}, { Links: ['link-db:store'] }), 'link-web');
  t.regex(
    (await exec(web, 'cat', '/etc/hosts')).out,
    new RegExp(`${bridge?.IPAddress}\tstore ${db.slice(0, 12)} link-db`),
  );
  const { out } = await exec(web, 'env');
  t.regex(out, new RegExp(`STORE_PORT_5432_TCP_ADDR=${bridge?.IPAddress}`));
  t.regex(out, /STORE_ENV_SECRET=x/);
  t.true(await reaches(web, 'store'));
  await network('n-link');
  await start(daemon, sleeper('n-link'), 'link-target');
  const linked = await start(
    daemon,
    sleeper('n-link', endpoints({ 'n-link': { Links: ['link-target:mine'] } })),
    'link-one',
  );
  const stranger = await start(daemon, sleeper('n-link'), 'link-stranger');
  t.true(await reaches(linked, 'mine'));
  t.deepEqual(await resolve(stranger, 'mine'), []);
});

test('a link on the default bridge follows its target to another address', async (t) => {
  const target = await start(daemon, sleeper('bridge'), 'follow-target');
  const web = await start(daemon, sleeper('bridge', {}, { Links: ['follow-target:it'] }), 'follow-web');
  const addressOf = async (): Promise<string> => (await networksOf(target))['bridge']?.IPAddress ?? '';
  const before = await addressOf();
  await daemon.api('POST', `/containers/${target}/restart?t=0`);
  const after = await addressOf();
  t.not(after, before);
  t.regex((await exec(web, 'cat', '/etc/hosts')).out, new RegExp(`^${after}\tit `, 'm'));
});

test('IPv6 without a subnet has one of the daemon’s own', async (t) => {
  await network('n-ula', { EnableIPv6: true });
  const one = await start(daemon, sleeper('n-ula'), 'ula-one');
  t.regex((await networksOf(one))['n-ula']?.GlobalIPv6Address ?? '', /^fd[0-9a-f]{2}:/);
});

test('names that are nobody’s are asked for outside, over UDP and TCP', async (t) => {
  const address = `127.${randomInt(2, 250)}.${randomInt(256)}.${randomInt(1, 255)}`;
  const asked: string[] = [];
  const reply = (query: Buffer): Buffer => {
    const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 7]);
    const isA = query.readUInt16BE(query.indexOf(0, 12) + 1) === 1;
    const whole = Buffer.concat([query, ...(isA ? [answer] : [])]);
    whole.writeUInt16BE(0x8180, 2);
    whole.writeUInt16BE(isA ? 1 : 0, 6);
    return whole;
  };
  const udp = createSocket('udp4', (query, from) => {
    asked.push('udp');
    udp.send(reply(query), from.port, from.address);
  });
  const tcp = createServer((stream) => {
    stream.on('error', () => stream.destroy());
    stream.on('data', (bytes) => {
      asked.push('tcp');
      const answer = reply(bytes.subarray(2));
      stream.end(Buffer.concat([Buffer.from([0, answer.length]), answer]));
    });
  });
  t.teardown(() => void udp.close());
  t.teardown(() => void tcp.close());
  await Promise.all([once(udp.bind(53, address), 'listening'), once(tcp.listen(53, address), 'listening')]);
  await network('n-outside');
  const one = await start(
    daemon,
    sleeper('n-outside', {}, { Dns: [address], DnsSearch: ['corp.example'] }),
    'outside-one',
  );
  t.deepEqual(await resolve(one, 'anything.example.'), ['192.0.2.7']);
  t.true(asked.includes('udp'));
  const conf = (await exec(one, 'cat', '/etc/resolv.conf')).out;
  t.regex(conf, /search corp\.example/);
  t.notRegex(conf, new RegExp(address));
  const query = '\\0\\035\\022\\064\\001\\0\\0\\001\\0\\0\\0\\0\\0\\0\\003www\\007example\\0\\0\\001\\0\\001';
  const { out } = await exec(
    one,
    'sh',
    '-c',
    `(printf '${query}'; sleep 1) | nc -w 3 127.0.0.11 53 | tail -c 4 | od -An -tu1`,
  );
  t.regex(out, /192\s+0\s+2\s+7/);
  t.true(asked.includes('tcp'));
});

test('who has the network of another has its names too', async (t) => {
  await network('n-shared');
  const one = await start(daemon, sleeper('n-shared'), 'shared-one');
  await start(daemon, sleeper('n-shared'), 'shared-peer');
  const joined = await start(daemon, sleeper(`container:${one}`), 'shared-joined');
  t.true(await reaches(joined, 'shared-peer'));
});

test('a container can have a name server of its own on port 53', async (t) => {
  await network('n-port53');
  const one = await start(daemon, sleeper('n-port53'), 'port-one');
  const { out } = await exec(one, 'sh', '-c', 'nc -l -p 53 -e true & sleep 0.2; netstat -ltn; kill %1');
  t.regex(out, /0\.0\.0\.0:53\s|:::53\s/);
  t.deepEqual((await resolve(one, 'port-one')).length, 1);
});

test('events tell of networks and of who comes and goes', async (t) => {
  const since = (Date.now() / 1000 - 1).toFixed(3);
  const id = await network('n-events');
  const one = await start(daemon, sleeper('n-events'), 'events-one');
  await daemon.api('POST', '/networks/n-events/disconnect', { Container: one });
  t.is((await daemon.api('DELETE', '/networks/n-events')).status, 204);
  const filters = encodeURIComponent(JSON.stringify({ network: [id] }));
  const until = (Date.now() / 1000 + 1).toFixed(3);
  const { text } = await daemon.api('GET', `/events?since=${since}&until=${until}&filters=${filters}`);
  const events = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { Action: string; Actor: { Attributes: object } });
  t.deepEqual(
    events.map(({ Action }) => Action),
    ['create', 'connect', 'disconnect', 'destroy'],
  );
  t.deepEqual(events[0]?.Actor.Attributes, { name: 'n-events', type: 'bridge' });
  t.deepEqual(events[1]?.Actor.Attributes, { container: one, name: 'n-events', type: 'bridge' });
});

test('rules that somebody flushed come back, for all networks', async (t) => {
  const { NFT } = await import('../helpers/host.ts');
  const { ok, run } = await import('../helpers/run.ts');
  const table = `tsker-${daemon.bridge}`;
  await ok([NFT, 'flush', 'table', 'ip', table]);
  await waitFor('the rules to come back', async () =>
    /masquerade/.test((await run([NFT, 'list', 'table', 'ip', table])).stdout),
  );
  await ok([NFT, 'delete', 'table', 'ip', table]);
  await waitFor('the table to come back', async () =>
    /masquerade/.test((await run([NFT, 'list', 'table', 'ip', table])).stdout),
  );
  t.pass();
});
