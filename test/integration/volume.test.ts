// Volumes: made, filled from the image, shared, counted, removed; by what is on the host's disk and in its mount table.
// Needs root.
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Volume } from '../../src/types/volume.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';
import { create, logs, runToEnd, start, startWithBusybox } from './daemon.harness.ts';
import {
  CAPABILITY,
  createAndRemove,
  createVolume,
  dataOf,
  hostMounts,
  loadFullImage,
  messageOf,
  mountsOf,
  volumeNames,
} from './volume.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
test.before(async () => {
  daemon = await startWithBusybox(suite, { args: ['--bridge', 'none'] });
  await loadFullImage(daemon);
});

const remove = (id: string, query = 'force=1') => daemon.api('DELETE', `/containers/${id}?${query}`);
const sh = (script: string, HostConfig: object, more: object = {}) =>
  runToEnd(daemon, { Cmd: ['sh', '-c', script], HostConfig, ...more });

test.serial('a volume keeps what one container writes for the next', async (t) => {
  const first = await sh('echo kept > /v/file; chown 5:6 /v/file', { Binds: ['keeps:/v'] });
  await remove(first.id);
  const second = await sh('cat /w/file', { Binds: ['keeps:/w:ro'] });
  t.is((await logs(daemon, second.id)).out, 'kept\n');
  t.like(lstatSync(join(dataOf(daemon, 'keeps'), 'file')), { uid: 5, gid: 6 });
  const { code } = await sh('touch /w/other', { Binds: ['keeps:/w:ro'] });
  t.is(code, 1, 'ro cannot be written to');
});

test.serial("an empty volume gets the image's files, with owners, modes, attributes and links", async (t) => {
  await createAndRemove(daemon, { Image: 'full', HostConfig: { Binds: ['filled:/data'] } });
  const data = dataOf(daemon, 'filled');
  const stat = (name: string) => lstatSync(join(data, name));
  t.deepEqual(readdirSync(data).toSorted(), ['empty', 'link', 'text', 'twice']);
  t.like(stat(''), { uid: 70, gid: 71, mode: 0o41770 });
  t.like(stat('text'), { uid: 7, gid: 8, mode: 0o104640, nlink: 2 });
  t.is(stat('twice').ino, stat('text').ino);
  t.like(stat('empty'), { uid: 9, gid: 10, mode: 0o42750 });
  t.true(stat('link').isSymbolicLink());
  const hex = execFileSync('getfattr', ['--only-values', '-n', 'security.capability', join(data, 'text')]);
  t.deepEqual(hex, CAPABILITY);
  t.deepEqual(readdirSync(join(data, '..')), ['_data'], 'nothing of the copying is left');
});

const PLACES: readonly (readonly [place: string, names: readonly string[], owner: number])[] = [
  ['/link', ['empty', 'link', 'text', 'twice'], 70],
  ['/bare', [], 33],
  ['/is/not/there', [], 0],
];
for (const [place, names, owner] of PLACES) {
  test.serial(`the first content of a volume at ${place}`, async (t) => {
    const name = `at${place.replaceAll('/', '-')}`;
    await createAndRemove(daemon, { Image: 'full', HostConfig: { Binds: [`${name}:${place}`] } });
    t.deepEqual(readdirSync(dataOf(daemon, name)).toSorted(), names);
    t.is(lstatSync(dataOf(daemon, name)).uid, owner);
  });
}

test.serial('a volume that is not empty, nocopy and a part of a volume get nothing of the image', async (t) => {
  await createVolume(daemon, { Name: 'used' });
  writeFileSync(join(dataOf(daemon, 'used'), 'mine'), '');
  mkdirSync(join(dataOf(daemon, 'used'), 'part'));
  const Mounts = [
    { Type: 'volume', Source: 'uncopied', Target: '/data', VolumeOptions: { NoCopy: true } },
    { Type: 'volume', Source: 'used', Target: '/part', VolumeOptions: { Subpath: 'part' } },
  ];
  await createAndRemove(daemon, { Image: 'full', HostConfig: { Binds: ['used:/data'] } });
  await createAndRemove(daemon, { Image: 'full', HostConfig: { Binds: ['nocopy:/data:nocopy'] } });
  await createAndRemove(daemon, { Image: 'full', HostConfig: { Mounts } });
  t.deepEqual(readdirSync(dataOf(daemon, 'used')).toSorted(), ['mine', 'part']);
  t.deepEqual(readdirSync(dataOf(daemon, 'nocopy')), []);
  t.deepEqual(readdirSync(dataOf(daemon, 'uncopied')), []);
});

test.serial('a volume does not go over a file of the image', async (t) => {
  const answer = await daemon.api('POST', '/containers/create', { Image: 'full', Volumes: { '/file': {} } });
  t.is(answer.status, 500);
  t.is(messageOf(answer.text), 'cannot mount volume over existing file, file exists /file');
});

test.serial('anonymous volumes go with --rm and rm -v, named ones stay', async (t) => {
  const body = { Image: 'full', Volumes: { '/more': {} }, HostConfig: { Binds: ['stays:/named'] } };
  const before = await volumeNames(daemon);
  const id = await create(daemon, body);
  const mounts = await mountsOf(daemon, id);
  t.deepEqual(mounts.map(({ Destination }) => Destination).toSorted(), ['/data', '/more', '/named']);
  const anonymous = mounts.filter(({ Name }) => Name !== 'stays');
  for (const { Name = '', Mode, Type, Driver, RW } of anonymous) {
    t.like({ Mode, Type, Driver, RW }, { Mode: '', Type: 'volume', Driver: 'local', RW: true });
    const { Labels } = (await daemon.api('GET', `/volumes/${Name}`)).json<Volume>();
    t.deepEqual(Labels, { 'com.docker.volume.anonymous': '' });
  }
  await remove(id);
  t.is((await volumeNames(daemon)).length, before.length + 3, 'without -v all of them stay');
  await remove(await create(daemon, body), 'v=1');
  const { id: own } = await runToEnd(daemon, {
    ...body,
    Cmd: ['true'],
    HostConfig: { ...body.HostConfig, AutoRemove: true },
  });
  const isGone = async () => (await daemon.api('GET', `/containers/${own}/json`)).status === 404;
  await waitFor('the container to remove itself', isGone);
  t.is((await volumeNames(daemon)).length, before.length + 3);
  for (const { Name } of anonymous) t.is((await daemon.api('DELETE', `/volumes/${Name}`)).status, 204);
});

test.serial('a volume that a container has is not removed', async (t) => {
  const id = await create(daemon, { HostConfig: { Binds: ['held:/v'] } });
  for (const query of ['', '?force=1']) {
    const answer = await daemon.api('DELETE', `/volumes/held${query}`);
    t.is(answer.status, 409);
    t.is(messageOf(answer.text), `remove held: volume is in use - [${id}]`);
  }
  await remove(id, 'v=1');
  t.is((await daemon.api('DELETE', '/volumes/held')).status, 204);
  t.false(existsSync(join(daemon.root, 'volumes/held')));
});

test.serial('--volumes-from takes what another container has, read-only when asked, and keeps it', async (t) => {
  const source = await create(daemon, { Volumes: { '/anon': {} }, HostConfig: { Binds: ['lent:/lent'] } });
  const { id } = await sh('touch /lent/x /anon/y && ls -d /lent /anon', { VolumesFrom: [source] });
  t.is((await logs(daemon, id)).out, '/anon\n/lent\n');
  const sealed = await sh('touch /lent/z; touch /anon/z', { VolumesFrom: [`${source}:ro`] });
  t.is(sealed.code, 1);
  const [anon] = (await mountsOf(daemon, id)).filter(({ Destination }) => Destination === '/anon');
  await remove(source, 'v=1');
  t.is((await daemon.api('GET', `/volumes/${anon?.Name}`)).status, 200, 'another has it');
  await remove(sealed.id);
  await remove(id, 'v=1');
  t.is((await daemon.api('GET', `/volumes/${anon?.Name}`)).status, 404, 'the last takes it along');
});

test.serial('a local volume of type tmpfs is mounted while a container has it running, once', async (t) => {
  const DriverOpts = { type: 'tmpfs', device: 'tmpfs', o: 'size=1m,uid=5,nodev' };
  await createVolume(daemon, { Name: 'memory', DriverOpts });
  const data = dataOf(daemon, 'memory');
  t.deepEqual(hostMounts(data), []);
  const body = { Cmd: ['sleep', '1000'], HostConfig: { Binds: ['memory:/m'] } };
  const [one, two] = [await start(daemon, body), await start(daemon, body)];
  t.deepEqual(hostMounts(data), [data]);
  t.is(lstatSync(data).uid, 5);
  const host = await daemon.api('GET', '/tsker/host');
  t.regex(host.text, /"Owner":"volume\/memory","Kind":"mount"/);
  await daemon.api('POST', `/containers/${one}/kill`);
  await daemon.api('POST', `/containers/${one}/wait`);
  t.deepEqual(hostMounts(data), [data]);
  await remove(two);
  t.deepEqual(hostMounts(data), []);
  t.notRegex((await daemon.api('GET', '/tsker/host')).text, /volume\/memory/);
  await remove(one);
});

test.serial('a local volume binds a directory of the host, read-only when asked', async (t) => {
  const device = tempdir(t, 'device');
  writeFileSync(join(device, 'there'), 'of the host\n');
  await createVolume(daemon, { Name: 'bound', DriverOpts: { type: 'none', device, o: 'bind,ro' } });
  const { id, code } = await sh('cat /b/there; touch /b/x', { Binds: ['bound:/b'] });
  t.is(code, 1);
  t.is((await logs(daemon, id)).out, 'of the host\n');
  await remove(id);
  t.is((await daemon.api('DELETE', '/volumes/bound')).status, 204);
  t.true(existsSync(join(device, 'there')));
});

const BROKEN: readonly (readonly [string, Record<string, string>, RegExp])[] = [
  [
    'gone',
    { type: 'none', device: '/nonexistent', o: 'bind' },
    /^error while mounting volume '.*\/volumes\/gone\/_data': failed to mount local volume: mount \/nonexistent:.*\/volumes\/gone\/_data, flags: 0x1000: no such file or directory$/,
  ],
  [
    'nfs1',
    { type: 'nfs', device: ':/x', o: 'addr=127.0.0.1,rw' },
    /^error while mounting volume '.*': failed to mount local volume: mount :\/x:.*, data: addr=127.0.0.1: /,
  ],
];
for (const [name, DriverOpts, message] of BROKEN) {
  test.serial(`a volume that cannot be mounted says why: ${name}`, async (t) => {
    await createVolume(daemon, { Name: name, DriverOpts });
    const id = await create(daemon, {
      HostConfig: { Mounts: [{ Type: 'volume', Source: name, Target: '/v', VolumeOptions: { NoCopy: true } }] },
    });
    const answer = await daemon.api('POST', `/containers/${id}/start`);
    t.is(answer.status, 500);
    t.regex(messageOf(answer.text), message);
    t.notRegex((await daemon.api('GET', '/tsker/host')).text, new RegExp(`volume/${name}`));
    await remove(id);
    t.is((await daemon.api('DELETE', `/volumes/${name}`)).status, 204);
  });
}

test.serial('a part of a volume is mounted, and no link leads out of the volume', async (t) => {
  await createVolume(daemon, { Name: 'parts' });
  const data = dataOf(daemon, 'parts');
  mkdirSync(join(data, 'a/b'), { recursive: true });
  writeFileSync(join(data, 'a/b/inside'), 'inside\n');
  symlinkSync('/a/b', join(data, 'short'));
  symlinkSync('/etc', join(data, 'etc'));
  symlinkSync('../../../../../../../../etc/passwd', join(data, 'passwd'));
  const part = (Subpath: string) => ({
    Mounts: [{ Type: 'volume', Source: 'parts', Target: '/p', VolumeOptions: { Subpath } }],
  });
  for (const [path, script] of [
    ['a/b', 'cat /p/inside'],
    ['short', 'cat /p/inside'],
    ['a/b/inside', 'cat /p'],
  ] as const) {
    const { id } = await sh(script, part(path));
    t.is((await logs(daemon, id)).out, 'inside\n', path);
    await remove(id);
  }
  for (const path of ['missing', 'etc', 'passwd']) {
    const id = await create(daemon, { HostConfig: part(path) });
    const answer = await daemon.api('POST', `/containers/${id}/start`);
    t.is(answer.status, 500, path);
    t.regex(messageOf(answer.text), /^cannot access path /);
    await remove(id);
  }
  const stopped = await create(daemon, { HostConfig: part('a/b') });
  const archive = await daemon.api('GET', `/containers/${stopped}/archive?path=/p/inside`);
  t.is(archive.status, 200, 'cp sees it as well');
  t.regex(archive.text, /inside\n/);
  await remove(stopped);
  t.deepEqual(hostMounts(join(daemon.execRoot, 'subpaths')), []);
  t.deepEqual(readdirSync(join(daemon.execRoot, 'subpaths')), []);
});

test.serial('cp reads from and writes to the volumes of a container that does not run', async (t) => {
  const id = await create(daemon, { HostConfig: { Binds: ['copied:/v'] } });
  const tsker = daemon.tsker;
  const file = join(tempdir(t, 'cp'), 'file');
  writeFileSync(file, 'by cp\n');
  await tsker.ok(['cp', file, `${id}:/v/file`]);
  t.is(readFileSync(join(dataOf(daemon, 'copied'), 'file'), 'utf8'), 'by cp\n');
  t.regex(await tsker.ok(['cp', `${id}:/v/file`, '-']), /by cp\n/);
  await remove(id);
});
