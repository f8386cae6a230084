// Images from containers: what commit keeps, what skopeo and umoci make of it, on both drivers. Needs: root, skopeo, umoci.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { busyboxEntries } from '../helpers/busybox.ts';
import { type Daemon, startDaemon } from '../helpers/daemon.ts';
import { ok } from '../helpers/run.ts';
import { makeTar } from '../helpers/tar.ts';
import { tempdir } from '../helpers/tempdir.ts';

async function start(t: ExecutionContext, driver: string): Promise<Daemon> {
  const daemon = await startDaemon(t, { args: ['--storage-driver', driver] });
  await daemon.tsker.ok(['import', '-c', 'ENV A=1', '-', 'base'], { input: makeTar(await busyboxEntries()) });
  return daemon;
}

const CHANGE =
  'mkdir -p /d/e; echo new > /d/f; touch -d @1700000000 /d/f /d/e /d; rm /bin/vi; rm -r /home; mkdir /home; chmod 4711 /d/f';

for (const driver of ['overlay', 'vfs']) {
  test.serial(`${driver}: a container becomes an image with its changes, settings and history`, async (t) => {
    const { tsker, docker, api } = await start(t, driver);
    const id = await tsker.ok(['run', '-d', '--net', 'none', 'base', 'sh', '-c', `${CHANGE}; sleep 1000`]);
    await tsker.ok(['run', '--rm', '--net', 'none', 'base', 'sleep', '0.5']);
    const options = ['-a', 'me', '-m', 'why', '-c', 'CMD ["cat", "/d/f"]', '-c', 'LABEL x=y'];
    const image = await tsker.ok(['commit', ...options, id, 'made:1']);
    t.is(await tsker.ok(['images', '-q', '--no-trunc', 'made:1']), image);
    t.is(await tsker.ok(['run', '--rm', '--net', 'none', 'made:1']), 'new');
    const facts = 'stat -c "%a %Y" /d/f; ls /home /bin/vi; echo $A';
    const seen = await tsker.run(['run', '--rm', '--net', 'none', 'made:1', 'sh', '-c', facts]);
    t.is(seen.stdout, '4711 1700000000\n/home:\n1\n');
    t.true(seen.stderr.includes('/bin/vi'), seen.stderr);

    const inspected = (await api('GET', '/images/made:1/json')).json<Record<string, unknown>>();
    const base = await tsker.ok(['images', '-q', '--no-trunc', 'base']);
    t.like(inspected, {
      Parent: base,
      Author: 'me',
      Comment: 'why',
      Config: { Cmd: ['cat', '/d/f'], Labels: { x: 'y' } },
    });
    t.regex(await tsker.ok(['history', '--format', '{{.CreatedBy}} {{.Comment}}', 'made:1']), /^sh -c .* why\n/);
    t.is(await tsker.ok(['inspect', '-f', '{{.State.Status}}', id]), 'running', 'it goes on');

    await docker().ok(['commit', '--pause=false', id, 'made:2']);
    const layersOf = async (name: string): Promise<string> =>
      await tsker.ok(['image', 'inspect', '-f', '{{json .RootFS.Layers}}', name]);
    t.is(await layersOf('made:1'), await layersOf('made:2'), 'the same changes are the same layer');
    await tsker.ok(['rm', '-f', id]);
    await tsker.ok(['rmi', 'base']);
    t.is(await tsker.ok(['run', '--rm', '--net', 'none', 'made:1']), 'new');

    const directory = tempdir(t, 'copies');
    await tsker.ok(['save', '-o', join(directory, 'made.tar'), 'made:1']);
    const [source, layout] = [`docker-archive:${join(directory, 'made.tar')}`, join(directory, 'layout')];
    await ok(['skopeo', 'copy', '--insecure-policy', source, `oci:${layout}:made`]);
    mkdirSync(join(directory, 'bundle'));
    await ok(['umoci', 'unpack', '--image', `${layout}:made`, join(directory, 'bundle', 'b')]);
    t.is(readFileSync(join(directory, 'bundle', 'b', 'rootfs', 'd', 'f'), 'utf8'), 'new\n');
  });
}

test.serial('a container that changed nothing adds no layer', async (t) => {
  const { tsker, api } = await start(t, 'overlay');
  const id = await tsker.ok(['create', '--net', 'none', 'base', 'true']);
  await tsker.ok(['commit', id, 'same']);
  const layers = ['image', 'inspect', '-f', '{{json .RootFS.Layers}}'];
  t.is(await tsker.ok([...layers, 'same']), await tsker.ok([...layers, 'base']));
  const failed = await tsker.run(['commit', 'none', 'x']);
  t.true(failed.stderr.includes('No such container: none'), failed.stderr);
  t.is((await api('POST', `/commit?container=${id}&changes=NONSENSE`)).status, 400);
  t.is((await api('POST', '/commit')).status, 400);
});
