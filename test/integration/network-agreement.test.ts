// The same requests about networks to a Docker Engine and to tsker: what is refused is refused in the same words, what is shown has
// the same fields with the same values. Needs: root, dockerd; the one that Debian has (20.10) answers 500 where later ones answer 400.
import test from 'ava';
import { dockerArchive } from '../helpers/archive.ts';
import { busyboxImage } from '../helpers/busybox.ts';
import { type Answer, call } from '../helpers/http.ts';
import { needing } from '../helpers/needs.ts';
import { HAS_REFERENCE, startDocker } from '../helpers/reference-docker.ts';
import { startWithBusybox } from './daemon.harness.ts';

type Api = (method: string, path: string, body?: unknown) => Promise<Answer>;
type Step = readonly [method: string, path: string, body?: object];

const SUBNET = { Subnet: '10.196.0.0/24' };

function create(body: object): Step {
  return ['POST', '/networks/create', body];
}

function box(name: string, network: string, endpoint?: object, host: object = {}): Step {
  const networking = endpoint === undefined ? {} : { NetworkingConfig: { EndpointsConfig: { [network]: endpoint } } };
  const body = {
    Image: 'busybox',
    Cmd: ['sleep', '1000'],
    HostConfig: { NetworkMode: network, ...host },
    ...networking,
  };
  return ['POST', `/containers/create?name=${name}`, body];
}

function connect(network: string, container: string, config?: object): Step {
  return ['POST', `/networks/${network}/connect`, { Container: container, EndpointConfig: config }];
}

function disconnect(network: string, container: string, force = false): Step {
  return ['POST', `/networks/${network}/disconnect`, { Container: container, Force: force }];
}

const STEPS: readonly Step[] = [
  create({}),
  create({ Name: 'bridge' }),
  create({ Name: 'host', Driver: 'host' }),
  create({ Name: 'x', Driver: 'host' }),
  create({ Name: 'x', Driver: 'null' }),
  create({ Name: 'x', IPAM: { Config: [{ Subnet: 'nonsense' }] } }),
  create({ Name: 'x', IPAM: { Config: [{ ...SUBNET, Gateway: 'nonsense' }] } }),
  create({ Name: 'x', IPAM: { Config: [{ ...SUBNET, Gateway: '10.2.0.1' }] } }),
  create({ Name: 'x', IPAM: { Config: [{ Gateway: '10.1.0.1' }] } }),
  create({ Name: 'x', Options: { 'com.docker.network.bridge.enable_icc': 'maybe' } }),
  create({ Name: 'x', Options: { 'com.docker.network.driver.mtu': 'many' } }),
  create({ Name: 'x', Driver: 'macvlan', Options: { parent: 'nosuch' } }),
  create({ Name: 'x', Driver: 'macvlan', Options: { macvlan_mode: 'odd' } }),
  create({ Name: 'x', Driver: 'ipvlan', Options: { ipvlan_mode: 'odd' } }),
  create({
    Name: 'n1',
    CheckDuplicate: true,
    Labels: { a: 'b' },
    IPAM: { Config: [{ ...SUBNET, Gateway: '10.196.0.1', AuxiliaryAddresses: { r: '10.196.0.5' } }] },
  }),
  create({ Name: 'n1', CheckDuplicate: true }),
  create({ Name: 'n2', IPAM: { Config: [{ Subnet: '10.196.0.0/25' }] } }),
  create({ Name: 'n2', Internal: true, IPAM: { Config: [{ Subnet: '10.196.1.0/24', Gateway: '10.196.1.1' }] } }),
  create({ Name: 'n3', CheckDuplicate: true }),
  ['GET', '/networks/n1'],
  ['GET', '/networks/n2'],
  ['GET', '/networks/host'],
  ['GET', '/networks/none'],
  ['GET', '/networks/nosuch'],
  ['DELETE', '/networks/bridge'],
  ['DELETE', '/networks/nosuch'],
  connect('n1', 'nosuch'),
  connect('n1', ''),
  connect('nosuch', 'nosuch'),
  box('c1', 'n1', { Aliases: ['al'], IPAMConfig: { IPv4Address: '10.196.0.9' } }),
  ['POST', '/containers/c1/start'],
  ['GET', '/networks/n1'],
  ['DELETE', '/networks/n1'],
  connect('n1', 'c1'),
  connect('n3', 'c1', { IPAMConfig: { IPv4Address: '10.99.0.9' } }),
  connect('n2', 'c1', { Aliases: ['zz'], IPAMConfig: { IPv4Address: '10.196.1.8' } }),
  ['GET', '/networks/n2'],
  connect('host', 'c1'),
  connect('none', 'c1'),
  connect('bridge', 'c1', { Aliases: ['zz'] }),
  disconnect('bridge', 'c1'),
  disconnect('nosuch', 'c1'),
  disconnect('n1', 'nosuch'),
  disconnect('n1', 'nosuch', true),
  disconnect('n2', 'c1'),
  box('c2', 'n1', { IPAMConfig: { IPv4Address: '10.196.0.9' } }),
  ['POST', '/containers/c2/start'],
  box('c3', 'n1', { IPAMConfig: { IPv4Address: 'bad' } }),
  box('c3', 'bridge', undefined, { Links: ['nosuch:x'] }),
  box('ch', 'host'),
  connect('n1', 'ch'),
  box('cs', 'bridge'),
  connect('n2', 'cs'),
  disconnect('n1', 'cs'),
  disconnect('n2', 'cs'),
  ['GET', '/networks?filters={"type":["custom"],"name":["n1"]}'],
  ['GET', '/networks?filters={"type":["odd"]}'],
  ['DELETE', '/containers/c1?force=1'],
  ['DELETE', '/networks/n1'],
  ['POST', '/networks/prune'],
];

async function lives(api: Api): Promise<string[]> {
  const seen: string[] = [];
  for (const [method, path, body] of STEPS) {
    const { status, text } = await api(method, path, body);
    seen.push(`${method} ${path} ${JSON.stringify(body) ?? ''}\n  ${normal(status)} ${normalText(text)}`);
  }
  return seen;
}

/** 20.10 answers 500 to many a wrong value, and to what is not connected. */
function normal(status: number): number {
  return status === 500 || status === 403 ? 400 : status;
}

/** Ids and times differ, and fields that came later; Docker removes networks in the order of their (random) ids. */
function normalText(text: string): string {
  return text
    .trim()
    .replaceAll(/[0-9a-f]{64}/g, 'ID')
    .replaceAll(/"Created":"[^"]*"/g, '"Created":""')
    .replaceAll('"EnableIPv4":true,', '')
    .replace(/,"hint":"[^"]*"/, '')
    .replaceAll('"Warnings":[]', '"Warnings":null')
    .replaceAll('"Warnings":null', '"Warnings":[]')
    .replace(/(?<="NetworksDeleted":\[)[^\]]*/, (names) => names.split(',').sort().join());
}

needing(test, { dockerd: HAS_REFERENCE })('networks are refused and shown in Docker’s words', async (t) => {
  const [docker, tsker] = await Promise.all([startDocker(t), startWithBusybox(t)]);
  const reference: Api = (method, path, body) => call({ target: docker.socket, method, path, body });
  const image = dockerArchive(await busyboxImage({ config: {} }), ['busybox:latest']);
  await call({ target: docker.socket, method: 'POST', path: '/images/load', body: image });
  const [theirs, ours] = await Promise.all([lives(reference), lives(tsker.api)]);
  t.deepEqual(ours, theirs);
});
