import test from 'ava';
import { Keys } from '../../../../src/network/overlay/documents.ts';
import type { StoredKey } from '../../../../src/network/overlay/etcd-messages.ts';
import { Mirror } from '../../../../src/network/overlay/mirror.ts';
import { EMPTY_DEFINITION } from '../../../../src/network/records.ts';

const NETWORK = 'ab'.repeat(32);
const ENDPOINT = 'cd'.repeat(32);
const HOST = 'ef'.repeat(32);
const keys = new Keys('x');

const stored = (key: string, value: object): StoredKey => ({
  key,
  value: JSON.stringify(value),
  revision: '1',
  lease: '0',
});
const network = stored(keys.network(NETWORK), {
  ...{ id: NETWORK, name: 'n', driver: 'overlay', created: '2026-01-02T03:04:05Z' },
  definition: {
    ...EMPTY_DEFINITION,
    ipam: { config: [{ subnet: '10.0.0.0/24' }] },
    options: { 'com.docker.network.driver.overlay.vxlanid_list': '300' },
  },
});
const endpoint = stored(keys.endpoint({ networkId: NETWORK, endpointId: ENDPOINT }), {
  ...{ host: HOST, vtep: '192.0.2.1', networkId: NETWORK, endpointId: ENDPOINT, containerId: HOST },
  ...{ name: 'c', names: ['c'], mac: '02:42:0a:00:00:02', addresses: ['10.0.0.2/24'] },
});
const claim = stored(keys.address(NETWORK, '10.0.0.2'), { host: HOST, containerId: HOST });

test('it has what it was told, and says which networks that concerns', (t) => {
  const mirror = new Mirror(keys);
  t.deepEqual(mirror.reset([network, endpoint, claim]), new Set([NETWORK]));
  t.is(mirror.network(NETWORK)?.name, 'n');
  t.deepEqual(
    mirror.endpoints(NETWORK).map(({ name }) => name),
    ['c'],
  );
  t.is(mirror.claim(NETWORK, '10.0.0.2')?.host, HOST);
  t.deepEqual(mirror.apply([{ kind: 'delete', key: claim.key }]), new Set(), 'nobody sees an address');
  t.is(mirror.claim(NETWORK, '10.0.0.2'), undefined);
  t.deepEqual(mirror.apply([{ kind: 'delete', key: endpoint.key }]), new Set([NETWORK]));
  t.deepEqual(mirror.endpoints(NETWORK), []);
});

test('what is not there any more after it was cut off is told as well', (t) => {
  const mirror = new Mirror(keys);
  mirror.reset([network, endpoint]);
  t.deepEqual(mirror.reset([]), new Set([NETWORK]));
  t.deepEqual(mirror.networks(), []);
});

test('what somebody else writes into the store is nothing', (t) => {
  const mirror = new Mirror(keys);
  mirror.reset([stored(network.key, { id: NETWORK }), stored('x/v1/elsewhere', {}), stored('y', {})]);
  t.deepEqual(mirror.networks(), []);
});
