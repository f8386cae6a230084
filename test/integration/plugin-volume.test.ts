// Volumes that a plugin keeps, by the calls it gets: made, mounted for each container, given back, also after the death of the
// daemon. Needs root.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { InfoResponse } from '../../src/types/system.ts';
import type { Volume } from '../../src/types/volume.ts';
import { type ServedPlugin, servePlugin } from '../fixtures/plugins/serve.ts';
import { type VolumeSample, volumeSample } from '../fixtures/plugins/volume-driver.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { type Owner, suiteOwner } from '../helpers/owner.ts';
import { ok } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';
import { create, logs, runToEnd, start, startWithBusybox } from './daemon.harness.ts';
import { createVolume, messageOf, mountsOf, volumeNames } from './volume.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
let directory: string;
let base: string;
let sample: VolumeSample;
let served: ServedPlugin;

const args = (plugins: string, timeout = 30): string[] => [
  ...['--bridge', 'none', '--plugin-dir', plugins],
  ...['--plugin-timeout', String(timeout)],
];

async function serveSample(owner: Owner): Promise<void> {
  sample = volumeSample(base);
  served = await servePlugin(owner, {
    kinds: ['VolumeDriver'],
    methods: sample.methods,
    path: join(directory, 'sample.sock'),
  });
}

test.before(async () => {
  directory = tempdir(suite, 'plugins');
  base = tempdir(suite, 'volumes');
  await serveSample(suite);
  daemon = await startWithBusybox(suite, { args: args(directory) });
});

const methodsOf = (name: string): string[] =>
  served.calls.filter(({ body }) => body['Name'] === name).map(({ method }) => method.replace('VolumeDriver.', ''));

test.serial('a volume of a plugin is made by it, shown with what it says, and removed by it', async (t) => {
  const DriverOpts = { size: '10G', colour: 'green' };
  const volume = await createVolume(daemon, { Name: 'far', Driver: 'sample', DriverOpts, Labels: { a: 'b' } });
  t.like(volume, {
    Name: 'far',
    Driver: 'sample',
    Scope: 'global',
    Mountpoint: join(base, 'far'),
    Options: DriverOpts,
  });
  t.deepEqual(served.calls.find(({ method }) => method === 'VolumeDriver.Create')?.body, {
    Name: 'far',
    Opts: DriverOpts,
  });
  t.like((await daemon.api('GET', '/volumes/far')).json<Volume>(), { Status: { mounts: 0 }, Labels: { a: 'b' } });
  t.deepEqual(await volumeNames(daemon, { driver: ['sample'] }), ['far']);
  t.deepEqual((await daemon.api('GET', '/info')).json<InfoResponse>().Plugins.Volume, ['local', 'sample']);
  const again = await daemon.api('POST', '/volumes/create', { Name: 'far', Driver: 'local' });
  t.is(again.status, 409);
  t.is(messageOf(again.text), "create far: driver 'sample' already has volume 'far': volume name must be unique");
  t.is((await daemon.api('DELETE', '/volumes/far')).status, 204);
  t.false(existsSync(join(base, 'far')));
});

test.serial('it is mounted for a run and given back after it, with one ID for each place', async (t) => {
  const HostConfig = { Binds: ['twice:/a', 'twice:/b'], VolumeDriver: 'sample' };
  const id = await start(daemon, { Cmd: ['sh', '-c', 'echo data > /a/file; exec sleep 1000'], HostConfig });
  t.deepEqual([...(sample.mounts.get('twice') ?? [])].toSorted(), [`${id}:/a`, `${id}:/b`]);
  await waitFor('the data', () => existsSync(join(base, 'twice/file')));
  const answer = await daemon.api('DELETE', '/volumes/twice');
  t.is(answer.status, 409);
  const [mount] = await mountsOf(daemon, id);
  t.like(mount, { Type: 'volume', Name: 'twice', Driver: 'sample', Mode: '', Source: join(base, 'twice') });
  await daemon.api('DELETE', `/containers/${id}?force=1&v=1`);
  t.deepEqual(sample.mounts.get('twice'), new Set());
  t.is(readFileSync(join(base, 'twice/file'), 'utf8'), 'data\n');
  const { id: second } = await runToEnd(daemon, { Cmd: ['cat', '/a/file'], HostConfig: { Binds: ['twice:/a:ro'] } });
  t.is((await logs(daemon, second)).out, 'data\n', 'the name alone finds it again');
  await daemon.api('DELETE', `/containers/${second}`);
});

test.serial('what a plugin refuses is told in its words, and leaves nothing', async (t) => {
  const refused = await daemon.api('POST', '/volumes/create', { Name: 'badname', Driver: 'sample' });
  t.is(refused.status, 500);
  t.is(messageOf(refused.text), 'create badname: not this name: badname');
  t.is((await daemon.api('GET', '/volumes/badname')).status, 404);
  const id = await create(daemon, { HostConfig: { Binds: ['lost:/v'], VolumeDriver: 'sample' } });
  sample.mounts.delete('lost');
  const started = await daemon.api('POST', `/containers/${id}/start`);
  t.is(started.status, 500);
  t.is(messageOf(started.text), 'VolumeDriver.Mount: no such volume here');
  await daemon.api('DELETE', `/containers/${id}`);
  t.is((await daemon.api('DELETE', '/volumes/lost?force=1')).status, 204);
});

test.serial('volumes that only the plugin knows are listed and can be used', async (t) => {
  await sample.methods['VolumeDriver.Create']?.({ Name: 'before', Opts: {} });
  t.true((await volumeNames(daemon)).includes('before'));
  t.like((await daemon.api('GET', '/volumes/before')).json<Volume>(), {
    Driver: 'sample',
    CreatedAt: '2026-01-02T03:04:05Z',
  });
  t.is((await daemon.api('DELETE', '/volumes/before')).status, 204);
  t.false(sample.mounts.has('before'));
});

test.serial('after the death of the daemon the plugin is told that nobody has its volume mounted', async (t) => {
  const HostConfig = { Binds: ['kept:/v'], VolumeDriver: 'sample' };
  const id = await start(daemon, { Cmd: ['sleep', '1000'], HostConfig });
  t.is(sample.mounts.get('kept')?.size, 1);
  await daemon.kill();
  await daemon.start();
  await waitFor('the unmount', () => sample.mounts.get('kept')?.size === 0);
  t.is((await daemon.api('POST', `/containers/${id}/start`)).status, 204);
  t.deepEqual(
    methodsOf('kept').filter((method) => method.endsWith('ount')),
    ['Mount', 'Unmount', 'Mount'],
  );
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

test.serial('a plugin that goes away is waited for, and called when it is back', async (t) => {
  await served.stop();
  const making = createVolume(daemon, { Name: 'later', Driver: 'sample' });
  await waitFor('the first attempt', () => /a plugin does not answer/.test(daemon.output()));
  await serveSample(suite);
  t.is((await making).Name, 'later');
});

test('a driver that is not there is not found', async (t) => {
  const own = await startWithBusybox(t, { args: args(tempdir(t, 'none'), 1) });
  const named = await own.api('POST', '/volumes/create', { Name: 'vv', Driver: 'missing' });
  t.is(named.status, 404);
  t.is(messageOf(named.text), 'create vv: error looking up volume plugin missing: plugin "missing" not found');
  const body = { Image: 'busybox', HostConfig: { Binds: ['vv:/v'], VolumeDriver: 'missing' } };
  t.is((await own.api('POST', '/containers/create', body)).status, 404);
  t.deepEqual(await volumeNames(own), []);
});

test('a plugin behind TLS, with certificates of its JSON file', async (t) => {
  const [plugins, files] = [tempdir(t, 'plugins'), tempdir(t, 'tls')];
  const key = join(files, 'key.pem');
  const cert = join(files, 'cert.pem');
  await ok([
    ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-keyout', key, '-out', cert, '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'],
  ]);
  const { methods } = volumeSample(tempdir(t, 'volumes'));
  const tls = { key: readFileSync(key), cert: readFileSync(cert), ca: readFileSync(cert), requestCert: true };
  const secure = await servePlugin(t, { kinds: ['VolumeDriver'], methods, tls });
  const spec = (config: object): string =>
    JSON.stringify({ Name: 'x', Addr: `https://127.0.0.1:${secure.port}`, TLSConfig: config });
  writeFileSync(join(plugins, 'known.json'), spec({ CAFile: cert, CertFile: cert, KeyFile: key }));
  writeFileSync(join(plugins, 'stranger.spec'), `https://127.0.0.1:${secure.port}`);
  const own = await startWithBusybox(t, { args: args(plugins, 1) });
  t.is((await createVolume(own, { Name: 'safe', Driver: 'known' })).Driver, 'known');
  const answer = await own.api('POST', '/volumes/create', { Name: 'unsafe', Driver: 'stranger' });
  t.is(answer.status, 500);
  t.regex(messageOf(answer.text), /^create unsafe: error looking up volume plugin stranger: .*certificate/);
});
