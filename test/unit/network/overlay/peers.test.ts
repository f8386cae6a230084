import test from 'ava';
import type { EndpointDocument } from '../../../../src/network/overlay/documents.ts';
import { difference, type Entry, entriesOf } from '../../../../src/network/overlay/peers.ts';

function on(vtep: string, address: string, mac = '02:42:0a:00:00:02'): EndpointDocument {
  const id = 'ab'.repeat(32);
  const place = { host: id, vtep, networkId: id, endpointId: id, containerId: id };
  return { ...place, name: 'c', names: ['c'], mac, addresses: [`${address}/24`] };
}

const device = { bridge: 7, vxlan: 9 };
const messages = (entries: readonly Entry[]): number => entries.flatMap(({ add }) => add(device)).length;

test('two containers of one host are behind one end of the tunnel', (t) => {
  const entries = entriesOf([on('192.0.2.1', '10.0.0.2'), on('192.0.2.1', '10.0.0.3', '02:42:0a:00:00:03')]);
  t.deepEqual([...entries.keys()].sort(), [
    'address 10.0.0.2/24 02:42:0a:00:00:02',
    'address 10.0.0.3/24 02:42:0a:00:00:03',
    'host 192.0.2.1',
    'mac 02:42:0a:00:00:02 192.0.2.1',
    'mac 02:42:0a:00:00:03 192.0.2.1',
  ]);
});

test('the kernel is told of what changed, and of nothing else', (t) => {
  const before = entriesOf([on('192.0.2.1', '10.0.0.2')]);
  const same = difference(before, entriesOf([on('192.0.2.1', '10.0.0.2')]));
  t.deepEqual(same, { gone: [], come: [] });
  const moved = difference(before, entriesOf([on('192.0.2.2', '10.0.0.2')]));
  t.is(moved.gone.length, 2, 'the host and where its MAC is');
  t.is(messages(moved.come), 3, 'broadcasts; in the tunnel; on the bridge');
  const all = difference(before, entriesOf([]));
  t.is(all.gone.length, 3);
  t.is(messages(all.come), 0);
});
