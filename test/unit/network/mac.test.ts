import test from 'ava';
import { parseAddress } from '../../../src/network/address.ts';
import { formatMac, macOfAddress, macOfName, parseMac } from '../../../src/network/mac.ts';
import { TskerError } from '../../../src/util/errors.ts';

test('a container has the MAC of its address, as with Docker', (t) => {
  t.is(formatMac(macOfAddress(parseAddress('172.17.0.2'))), '02:42:ac:11:00:02');
});

test('a bridge has a MAC of its name: the same each time, local and unicast', (t) => {
  t.deepEqual(macOfName('tsker0'), macOfName('tsker0'));
  t.notDeepEqual(macOfName('tsker0'), macOfName('tsker1'));
  t.is(formatMac(macOfName('tsker0')).slice(0, 5), '02:42');
});

for (const text of ['02:42:ac:11:00:02', '02-42-AC-11-00-02']) {
  test(`${text} is read`, (t) => {
    t.is(formatMac(parseMac(text)), '02:42:ac:11:00:02');
  });
}

for (const text of [
  '',
  '02:42:ac:11:00',
  '02:42:ac:11:00:02:03',
  '01:00:5e:00:00:01',
  '00:00:00:00:00:00',
  '0242ac110002',
  'zz:42:ac:11:00:02',
]) {
  test(`${JSON.stringify(text)} is no MAC an interface can have`, (t) => {
    t.is(t.throws(() => parseMac(text), { instanceOf: TskerError })?.code, 'invalid');
  });
}
