import test from 'ava';
import { checkOverlayOptions, mtuOf, vniOf, withVni } from '../../../../src/network/overlay/definition.ts';
import { EMPTY_DEFINITION, type NetworkRecord } from '../../../../src/network/records.ts';

const VNI = 'com.docker.network.driver.overlay.vxlanid_list';

function network(options: Readonly<Record<string, string>>): NetworkRecord {
  return { id: 'x', name: 'x', driver: 'overlay', created: '', definition: { ...EMPTY_DEFINITION, options } };
}

test('a network has the first number that no other has', (t) => {
  const others = [network({ [VNI]: '256' }), network({ [VNI]: '258' })];
  t.is(vniOf(network(withVni({}, others))), 257);
  t.is(vniOf(network(withVni({}, []))), 256);
  t.is(vniOf(network(withVni({ [VNI]: '4000' }, others))), 4000);
  t.throws(() => withVni({ [VNI]: '258' }, others), { message: /258 is in use/ });
});

test('the MTU leaves room for what goes around a packet', (t) => {
  t.is(mtuOf(network({})), 1450);
  t.is(mtuOf(network({ 'com.docker.network.driver.mtu': '8950' })), 8950);
});

for (const [options, message] of [
  [{ encrypted: 'true' }, /cannot be encrypted/],
  [{ [VNI]: '0' }, /invalid vxlan id value "0"/],
  [{ [VNI]: '16777216' }, /invalid vxlan id/],
  [{ 'com.docker.network.driver.mtu': 'big' }, /mtu/],
] as const) {
  test(`refused: ${JSON.stringify(options)}`, (t) => {
    t.throws(() => checkOverlayOptions(options), { message });
  });
}
