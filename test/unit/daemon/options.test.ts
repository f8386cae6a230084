import test from 'ava';
import { parseOptions } from '../../../src/daemon/options.ts';
import { TskerError } from '../../../src/util/errors.ts';

test('without options the daemon has the places of the system', async (t) => {
  const config = await parseOptions([]);
  t.like(config, {
    dataRoot: '/var/lib/tsker',
    execRoot: '/run/tsker',
    pidfile: '/var/run/tsker.pid',
    bridge: 'tsker0',
    bip: undefined,
    logLevel: 'info',
    logDriver: 'json-file',
    logOptions: {},
    maxConcurrentDownloads: 3,
  });
  t.deepEqual(config?.addresses, [{ kind: 'unix', path: '/var/run/tsker.sock' }]);
});

test('long names, short names and old names are taken', async (t) => {
  const config = await parseOptions([
    ...[
      '--graph',
      '/data/',
      '--exec-root=/exec',
      '-H',
      'unix:///a',
      '-H',
      'tcp://127.0.0.1:1',
      '-p',
      '/pid',
      '-b',
      'br0',
    ],
    ...['--bip', '10.1.0.1/16', '-s', 'vfs', '--registry-mirror', 'https://m1', '--registry-mirror', 'http://m2'],
    ...[
      '--insecure-registry',
      'reg:5000',
      '-l',
      'warn',
      '-G',
      'wheel',
      '--max-concurrent-downloads',
      '7',
      '--mtu',
      '1400',
    ],
  ]);
  t.like(config, {
    dataRoot: '/data',
    execRoot: '/exec',
    pidfile: '/pid',
    bridge: 'br0',
    bip: '10.1.0.1/16',
    storageDriver: 'vfs',
    logLevel: 'warn',
    group: 'wheel',
    maxConcurrentDownloads: 7,
    mtu: 1400,
  });
  t.deepEqual(config?.addresses, [
    { kind: 'unix', path: '/a' },
    { kind: 'tcp', host: '127.0.0.1', port: 1 },
  ]);
  t.deepEqual(config?.mirrors, ['https://m1', 'http://m2']);
  t.deepEqual(config?.insecureRegistries, ['reg:5000']);
});

test('certificates of registries lie in our directory and in Docker’s, or where one says', async (t) => {
  t.deepEqual((await parseOptions([]))?.certificates, ['/etc/tsker/certs.d', '/etc/docker/certs.d']);
  const told = await parseOptions(['--registry-certs', '/a/', '--registry-certs', '/b']);
  t.deepEqual(told?.certificates, ['/a', '/b']);
  await t.throwsAsync(parseOptions(['--registry-certs', 'a']), { code: 'invalid', message: /must be absolute/ });
});

test('of an option given twice the last one counts', async (t) => {
  const config = await parseOptions(['-g', '/one', '-g', '/two', '-b', 'a0', '-b', 'b0', '-l', 'warn', '-l', 'error']);
  t.like(config, { dataRoot: '/two', bridge: 'b0', logLevel: 'error' });
});

test('-D is the level debug', async (t) => {
  t.is((await parseOptions(['-D']))?.logLevel, 'debug');
});

for (const argv of [
  ['--nonsense'],
  ['extra'],
  ['--data-root', 'relative'],
  ['--data-root'],
  ['-H', 'tcp://0.0.0.0:1'],
  ['--log-level', 'loud'],
  ['--max-concurrent-downloads', '0'],
  ['--registry-mirror', 'not a url'],
  ['--insecure-registry', 'http://x'],
]) {
  test(`refused: ${argv.join(' ')}`, async (t) => {
    await t.throwsAsync(parseOptions(argv), { instanceOf: TskerError });
  });
}

test("the containers' log driver has options of the form name=value", async (t) => {
  const config = await parseOptions(['--log-driver', 'local', '--log-opt', 'max-size=1m', '--log-opt=labels=a=b,c']);
  t.like(config, { logDriver: 'local', logOptions: { 'max-size': '1m', labels: 'a=b,c' } });
  await t.throwsAsync(parseOptions(['--log-opt', 'max-size']), { message: '--log-opt max-size: it is name=value' });
});
