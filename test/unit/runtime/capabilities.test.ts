import test from 'ava';
import {
  adjustCapabilities,
  CAPABILITY_NAMES,
  capabilityMask,
  capabilityMasks,
  capabilityNames,
  DEFAULT_CAPABILITIES,
  kernelCapabilities,
  normalizeCapability,
  parseBoundingSet,
} from '../../../src/runtime/capabilities.ts';

test("Docker's default set has Docker's mask", (t) => {
  t.is(capabilityMask(DEFAULT_CAPABILITIES), 0xa80425fbn);
});

test('a mask and its names are inverse', (t) => {
  t.deepEqual(capabilityNames(capabilityMask(['CAP_SYS_ADMIN', 'CAP_CHOWN'])), ['CAP_CHOWN', 'CAP_SYS_ADMIN']);
  t.is(capabilityMask(CAPABILITY_NAMES), 2n ** 41n - 1n);
  t.is(capabilityMask(undefined), 0n);
});

test('an unknown capability is refused by name', (t) => {
  t.throws(() => capabilityMask(['CAP_FLY']), { message: /CAP_FLY/ });
  t.throws(() => normalizeCapability('fly'), { message: /fly/ });
});

test('masks are cut down to what the daemon can give, and stay consistent', (t) => {
  const names = ['CAP_CHOWN', 'CAP_SYS_RESOURCE'];
  const masks = capabilityMasks(
    {
      bounding: names,
      permitted: names,
      effective: [...names, 'CAP_KILL'],
      inheritable: ['CAP_CHOWN'],
      ambient: names,
    },
    capabilityMask(['CAP_CHOWN', 'CAP_KILL']),
  );
  t.deepEqual(masks, { bounding: 1n, permitted: 1n, effective: 1n, inheritable: 1n, ambient: 1n });
});

test('the bounding set is read from a status text', (t) => {
  t.is(parseBoundingSet('Name:\tx\nCapEff:\t0000000000000000\nCapBnd:\t000001fffeffffff\n'), 0x1fffeffffffn);
  t.throws(() => parseBoundingSet('Name: x'));
});

test('the kernel knows at least what Docker gives', (t) => {
  const known = kernelCapabilities();
  t.true(DEFAULT_CAPABILITIES.every((name) => known.includes(name)));
  t.is(kernelCapabilities(1).length, 2);
});

for (const [title, changes, expected] of [
  ['nothing changed', {}, DEFAULT_CAPABILITIES],
  ['one dropped', { drop: ['net_raw'] }, DEFAULT_CAPABILITIES.filter((name) => name !== 'CAP_NET_RAW')],
  ['all dropped', { drop: ['ALL'] }, []],
  ['all dropped and one added', { drop: ['all'], add: ['CHOWN'] }, ['CAP_CHOWN']],
  ['one added', { add: ['SYS_ADMIN'] }, [...DEFAULT_CAPABILITIES, 'CAP_SYS_ADMIN']],
  ['all added but one', { add: ['ALL'], drop: ['CAP_KILL'] }, ['CAP_CHOWN', 'CAP_SYS_ADMIN']],
] as const) {
  test(`--cap-add and --cap-drop: ${title}`, (t) => {
    t.deepEqual(adjustCapabilities(changes, ['CAP_CHOWN', 'CAP_KILL', 'CAP_SYS_ADMIN']), [...expected]);
  });
}
