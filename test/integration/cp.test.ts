// Archives of containers through the API and the docker CLI, as Docker has them: what is copied, what is refused and in which
// words, running, stopped and read-only (root, docker CLI).
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { suiteOwner } from '../helpers/owner.ts';
import { run } from '../helpers/run.ts';
import { makeTar } from '../helpers/tar.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { create, start, startWithBusybox } from './daemon.harness.ts';
import { actionsOf, execute } from './exec.harness.ts';

const suite = suiteOwner(test);
const daemon = startWithBusybox(suite);
const SLEEP = { Cmd: ['sleep', '600'], StopTimeout: 0 };

test('HEAD says what is at a path, in a header', async (t) => {
  const engine = await daemon;
  const id = await create(engine, SLEEP);
  const answer = await engine.api('HEAD', `/containers/${id}/archive?path=/bin/`);
  t.is(answer.status, 200);
  const header = String(answer.headers['x-docker-container-path-stat']);
  const stat = JSON.parse(Buffer.from(header, 'base64').toString());
  t.like(stat, { name: 'bin', mode: 0x8000_0000 + 0o755, linkTarget: '' });
  t.is((await engine.api('HEAD', `/containers/${id}/archive?path=/nothing`)).status, 404);
});

test('a file goes into a container and out again, whether it runs or not', async (t) => {
  const engine = await daemon;
  const docker = engine.docker();
  const here = tempdir(t, 'cp');
  writeFileSync(join(here, 'file'), 'content\n', { mode: 0o640 });
  for (const id of [await create(engine, SLEEP), await start(engine, SLEEP)]) {
    await docker.ok(['cp', join(here, 'file'), `${id}:/renamed`]);
    await docker.ok(['cp', `${id}:/renamed`, join(here, 'back')]);
    t.is(readFileSync(join(here, 'back'), 'utf8'), 'content\n');
    t.deepEqual(await engine.api('GET', `/containers/${id}/changes`).then((one) => one.json<unknown>()), [
      { Path: '/renamed', Kind: 1 },
    ]);
    const actions = await actionsOf(engine, id);
    t.true(actions.includes('extract-to-dir') && actions.includes('archive-path'), actions.join());
  }
});

test('what lies on volumes and in memory is copied both ways', async (t) => {
  const engine = await daemon;
  const docker = engine.docker();
  const volume = tempdir(t, 'volume');
  writeFileSync(join(volume, 'on-volume'), 'v');
  const HostConfig = { Binds: [`${volume}:/volume`], Tmpfs: { '/memory': '' } };
  const created = await create(engine, { ...SLEEP, HostConfig });
  t.is(await docker.ok(['cp', `${created}:/volume/on-volume`, join(volume, 'copy')]), '');
  await docker.ok(['cp', join(volume, 'copy'), `${created}:/volume/back`]);
  t.is(readFileSync(join(volume, 'back'), 'utf8'), 'v');
  const running = await start(engine, { ...SLEEP, HostConfig });
  await docker.ok(['cp', join(volume, 'copy'), `${running}:/memory/`]);
  t.is((await execute(engine, running, ['cat', '/memory/copy'])).out, 'v');
});

test('a read-only root takes nothing, its writable volumes do', async (t) => {
  const engine = await daemon;
  const volume = tempdir(t, 'volume');
  const HostConfig = { ReadonlyRootfs: true, Binds: [`${volume}:/volume`, `${volume}:/locked:ro`] };
  const body = makeTar([{ path: 'x', content: 'x' }]);
  for (const id of [await create(engine, { ...SLEEP, HostConfig }), await start(engine, { ...SLEEP, HostConfig })]) {
    const put = (path: string) => engine.api('PUT', `/containers/${id}/archive?path=${path}`, body);
    t.like((await put('/')).json(), { message: 'container rootfs is marked read-only' });
    t.like((await put('/locked')).json(), { message: 'mounted volume is marked read-only' });
    t.is((await put('/volume')).status, 200);
  }
});

test('links of a container that lead to the host lead into the container', async (t) => {
  const engine = await daemon;
  const outside = tempdir(t, 'outside');
  writeFileSync(join(outside, 'secret'), 'of the host');
  const script = `mkdir /d; ln -s ${outside} /escape; ln -s ../../../../..${outside} /d/up; sleep 600`;
  const id = await start(engine, { Cmd: ['sh', '-c', script], StopTimeout: 0 });
  const docker = engine.docker();
  for (const path of ['/escape/secret', '/d/up/secret', `/../../..${join(outside, 'secret')}`]) {
    const { code, stderr } = await docker.run(['cp', `${id}:${path}`, '-']);
    t.is(code, 1);
    // The second is what Docker's command line made of it before 23.
    t.regex(stderr, /Could not find the file|No such container:path/);
  }
  const put = await engine.api('PUT', `/containers/${id}/archive?path=/escape`, makeTar([{ path: 'x', content: 'x' }]));
  t.is(put.status, 404);
  const names = [{ path: 'd/up/planted', content: 'x' }];
  await engine.api('PUT', `/containers/${id}/archive?path=/`, makeTar(names));
  t.throws(() => readFileSync(join(outside, 'planted')), { code: 'ENOENT' });
});

test('a container that swaps a directory and a link while files are copied gets and gives nothing of the host', async (t) => {
  const engine = await daemon;
  const outside = tempdir(t, 'outside');
  writeFileSync(join(outside, 'w'), 'of the host');
  const script = `mkdir -p /a/real /a/s; echo mine >/a/real/w; echo mine >/a/s/w; ln -s ${outside} /a/link; cd /a; while :; do mv s t; mv link s; mv s link; mv t s; done`;
  const id = await start(engine, { Cmd: ['sh', '-c', script], StopTimeout: 0 });
  const body = makeTar([{ path: 's/planted', content: 'x' }]);
  for (let round = 0; round < 60; round += 1) {
    const answer = await engine.api('GET', `/containers/${id}/archive?path=/a/s/w`);
    t.false(answer.text.includes('of the host'));
    await engine.api('PUT', `/containers/${id}/archive?path=/a`, body);
    await engine.api('PUT', `/containers/${id}/archive?path=/a/s`, body);
  }
  t.throws(() => readFileSync(join(outside, 'planted')), { code: 'ENOENT' });
  t.throws(() => readFileSync(join(outside, 's/planted')), { code: 'ENOENT' });
});

test('export has the files of the container and not what is mounted', async (t) => {
  const engine = await daemon;
  const volume = tempdir(t, 'volume');
  writeFileSync(join(volume, 'on-volume'), 'v');
  mkdirSync(join(volume, 'x'));
  symlinkSync('x', join(volume, 'y'));
  const HostConfig = { Binds: [`${volume}:/volume`] };
  const id = await start(engine, {
    Cmd: ['sh', '-c', 'echo n >/new; rm /bin/ls; sleep 600'],
    StopTimeout: 0,
    HostConfig,
  });
  await execute(engine, id, ['sh', '-c', 'until [ ! -e /bin/ls ]; do :; done']);
  const target = join(volume, 'tar');
  await engine.docker().ok(['export', '-o', target, id]);
  const { stdout } = await run(['tar', '-tf', target]);
  const names = stdout.split('\n');
  t.true(names.includes('new') && names.includes('volume/') && names.includes('bin/cat'));
  t.false(names.some((name) => name === 'bin/ls' || name.startsWith('volume/o') || name.startsWith('proc/1')));
  t.true((await actionsOf(engine, id)).includes('export'));
});

test('what is wrong is said as Docker says it', async (t) => {
  const engine = await daemon;
  const id = await create(engine, SLEEP, 'words');
  const get = async (path: string) => (await engine.api('GET', `/containers/${path}`)).text.trim();
  t.is(await get('nosuch/archive?path=/'), '{"message":"No such container: nosuch"}');
  t.is(await get('nosuch/export'), '{"message":"No such container: nosuch"}');
  t.is(await get('words/archive?path=/x'), '{"message":"Could not find the file /x in container words"}');
  t.is(await get(`${id}/archive`), '{"message":"bad parameter: pathcannot be empty"}');
  const put = await engine.api('PUT', `/containers/words/archive?path=/bin/busybox`, makeTar([]));
  t.is(put.text.trim(), '{"message":"extraction point is not a directory"}');
});
