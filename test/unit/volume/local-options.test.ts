import test from 'ava';
import { MS_BIND, MS_NODEV, MS_RDONLY, MS_REC, MS_REMOUNT } from '../../../src/native/linux.ts';
import {
  describeLocalMount,
  hostToResolve,
  localMountOps,
  parseLocalOptions,
  withAddress,
} from '../../../src/volume/local-options.ts';

test('no options, or none with a value, are a plain directory', (t) => {
  t.is(parseLocalOptions({}), undefined);
  t.is(parseLocalOptions({ type: '', device: '', o: '', size: '' }), undefined);
});

test('words of o that mount(2) has flags for are flags, the others are for the file system', (t) => {
  t.deepEqual(parseLocalOptions({ type: 'tmpfs', device: 'tmpfs', o: 'size=1m,ro,nodev,uid=5' }), {
    type: 'tmpfs',
    device: 'tmpfs',
    flags: MS_RDONLY | MS_NODEV,
    data: 'size=1m,uid=5',
  });
});

test('the last of ro and rw counts', (t) => {
  t.is(parseLocalOptions({ type: 'ext4', device: '/dev/x', o: 'ro,rw' })?.flags, 0);
});

const REFUSED: readonly (readonly [Record<string, string>, string])[] = [
  [{ foo: 'bar' }, 'invalid option: "foo"'],
  [{ type: 'tmpfs' }, 'missing required option: "device"'],
  [{ o: 'ro' }, 'missing required option: "device"'],
  [{ size: '10M' }, 'quota size requested but no quota support'],
];
for (const [options, message] of REFUSED) {
  test(`refused: ${JSON.stringify(options)}`, (t) => {
    t.throws(() => parseLocalOptions(options), { message });
  });
}

test('a bind takes its other flags by a second mount', (t) => {
  const mount = { type: 'none', device: '/srv', flags: MS_BIND | MS_REC | MS_RDONLY, data: '' };
  t.deepEqual(
    localMountOps(mount, '/v').map((op) => ('flags' in op ? op.flags : undefined)),
    [MS_BIND | MS_REC, MS_BIND | MS_REMOUNT | MS_RDONLY],
  );
});

test('a mount is told of in the words of Docker', (t) => {
  t.is(
    describeLocalMount({ type: 'none', device: '/no', flags: MS_BIND, data: '' }, '/v'),
    'mount /no:/v, flags: 0x1000',
  );
  t.is(
    describeLocalMount({ type: 'nfs', device: ':/x', flags: 0, data: 'addr=h' }, '/v'),
    'mount :/x:/v, data: addr=h',
  );
});

test('the host of a network mount is looked up, an address is not', (t) => {
  const nfs = (data: string) => ({ type: 'nfs', device: ':/x', flags: 0, data });
  t.is(hostToResolve(nfs('rw,addr=files.example')), 'files.example');
  t.is(hostToResolve(nfs('addr=10.0.0.1')), undefined);
  t.is(hostToResolve(nfs('addr=fe80::1')), undefined);
  t.is(hostToResolve({ ...nfs('addr=files'), type: 'tmpfs' }), undefined);
  t.is(withAddress(nfs('rw,addr=files,vers=4'), 'files', '10.0.0.9').data, 'rw,addr=10.0.0.9,vers=4');
});
