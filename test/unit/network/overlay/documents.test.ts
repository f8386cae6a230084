import test from 'ava';
import {
  type EndpointDocument,
  formatClaim,
  Keys,
  parseClaim,
  parseEndpoint,
  parseNetwork,
} from '../../../../src/network/overlay/documents.ts';
import { EMPTY_DEFINITION, type NetworkRecord } from '../../../../src/network/records.ts';

const ID = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);
const keys = new Keys('tsker');

const network: NetworkRecord = {
  ...{ id: ID, name: 'web', driver: 'overlay', created: '2026-01-02T03:04:05.678Z' },
  definition: {
    ...EMPTY_DEFINITION,
    scope: 'global',
    ipam: {
      driver: 'default',
      options: null,
      config: [{ subnet: '10.0.1.0/24', gateway: '10.0.1.1', auxAddresses: { printer: '10.0.1.9' } }],
    },
    options: { 'com.docker.network.driver.overlay.vxlanid_list': '256' },
    labels: { tier: 'front' },
  },
};

const endpoint: EndpointDocument = {
  ...{ host: OTHER, vtep: '192.0.2.7', networkId: ID, endpointId: OTHER, containerId: OTHER, name: 'db' },
  ...{ names: ['db', 'database'], mac: '02:42:0a:00:01:02', addresses: ['10.0.1.2/24', 'fd00::2/64'] },
};

test('documents come back as they were written', (t) => {
  t.deepEqual(parseNetwork(ID, JSON.stringify(network)), network);
  t.deepEqual(parseEndpoint(ID, OTHER, JSON.stringify(endpoint)), endpoint);
  const claim = { host: ID, containerId: OTHER };
  t.deepEqual(parseClaim('10.0.1.2', formatClaim(claim)), claim);
});

test('keys say what they are of', (t) => {
  t.deepEqual(keys.parse(keys.network(ID)), { kind: 'networks', networkId: ID, item: '' });
  t.deepEqual(keys.parse(keys.endpoint(endpoint)), { kind: 'endpoints', networkId: ID, item: OTHER });
  t.deepEqual(keys.parse(keys.address(ID, 'fd00::2')), { kind: 'addresses', networkId: ID, item: 'fd00::2' });
  for (const key of [keys.creation, 'other/v1/networks/x', 'tsker/v1/networks/../x', `${keys.network(ID)}/a/b`]) {
    t.is(keys.parse(key), undefined, key);
  }
});

const changed = (change: object): string => JSON.stringify({ ...network, ...change });
const defined = (change: object): string => changed({ definition: { ...network.definition, ...change } });
const pools = (...config: unknown[]): string => defined({ ipam: { config } });

for (const [what, text] of [
  ['what is no JSON', '{'],
  ['what is no object', '[]'],
  ['the id of another', changed({ id: OTHER })],
  ['another driver', changed({ driver: 'bridge' })],
  ['a name that is a path', changed({ name: '../x' })],
  ['a name that is no text', changed({ name: 7 })],
  ['no date', changed({ created: 'soon' })],
  ['no subnet', pools()],
  ['a subnet that is none', pools({ subnet: '10.0.0.0/99' })],
  ['a gateway that is none', pools({ subnet: '10.0.0.0/24', gateway: 'x' })],
  ['labels that are no texts', defined({ labels: { a: 1 } })],
  ['no number', defined({ options: {} })],
  ['too large a number', defined({ options: { 'com.docker.network.driver.overlay.vxlanid_list': '16777216' } })],
] as const) {
  test(`no network: ${what}`, (t) => {
    t.is(parseNetwork(ID, text), undefined);
  });
}

for (const [what, change] of [
  ['of another network', { networkId: OTHER }],
  ['of another name in the store', { endpointId: ID }],
  ['a host that is none', { host: 'x' }],
  ['a tunnel that leads nowhere', { vtep: 'example.org' }],
  ['a tunnel of IPv6', { vtep: 'fd00::1' }],
  ['a name with a line in it', { names: ['a\nb'] }],
  ['no names', { names: undefined }],
  ['everybody’s MAC', { mac: 'ff:ff:ff:ff:ff:ff' }],
  ['an address without its length', { addresses: ['10.0.1.2'] }],
  ['too many addresses', { addresses: ['10.0.1.2/24', '10.0.1.3/24', '10.0.1.4/24'] }],
] as const) {
  test(`no endpoint: ${what}`, (t) => {
    t.is(parseEndpoint(ID, OTHER, JSON.stringify({ ...endpoint, ...change })), undefined);
  });
}

test('no claim: of no address, or by nobody', (t) => {
  t.is(parseClaim('x', formatClaim({ host: ID, containerId: OTHER })), undefined);
  t.is(parseClaim('10.0.0.1', '{"host":"me"}'), undefined);
});
