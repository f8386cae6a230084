// Volumes of containers with mapped ids (--userns-remap): data has the owners that containers see, whatever they are on the
// host. The daemon sees a subuid and a subgid of the test's own. Needs root.
import { lstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { tempdir } from '../helpers/tempdir.ts';
import { logs, runToEnd, startWithBusybox } from './daemon.harness.ts';
import { createVolume, dataOf, loadFullImage } from './volume.harness.ts';

const FIRST = 700_000;

test('volumes with mapped ids: the first content, what is written, parts, and a file system from elsewhere', async (t) => {
  const ids = join(tempdir(t, 'ids'), 'subid');
  writeFileSync(ids, `root:${FIRST}:65536\n`);
  const script = 'mount --bind "$1" /etc/subuid && mount --bind "$1" /etc/subgid && shift && exec "$@"';
  const daemon = await startWithBusybox(t, {
    through: ['unshare', '-m', '--propagation', 'private', 'sh', '-c', script, 'sh', ids],
    args: ['--bridge', 'none', '--userns-remap', 'root'],
  });
  await loadFullImage(daemon);
  const run = async (command: string, HostConfig: object, Image = 'full'): Promise<string> => {
    const { id } = await runToEnd(daemon, { Image, Cmd: ['sh', '-c', command], HostConfig });
    const { out, err } = await logs(daemon, id);
    await daemon.api('DELETE', `/containers/${id}?v=1`);
    return out + err;
  };
  const list = 'stat -c "%n %u:%g %a" /data /data/text /data/mine 2>&1';
  const seen = await run(`echo x > /data/mine; chown 3:4 /data/mine; ${list}`, { Binds: ['mapped:/data'] });
  t.is(seen, '/data 70:71 1770\n/data/text 7:8 4640\n/data/mine 3:4 644\n');
  t.is(await run(list, { Binds: ['mapped:/data'] }), seen, 'and the next sees the same');
  t.is(await run(list, { Binds: ['mapped:/data'], UsernsMode: 'host' }), seen, 'as does one without mapped ids');
  t.is(lstatSync(join(dataOf(daemon, 'mapped'), 'mine')).uid, 3);
  const part = { Mounts: [{ Type: 'volume', Source: 'mapped', Target: '/p', VolumeOptions: { Subpath: 'mine' } }] };
  t.is(await run('stat -c %u:%g /p', part), '3:4\n');
  await createVolume(daemon, {
    Name: 'memory',
    DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: `uid=${FIRST},gid=${FIRST},mode=700` },
  });
  t.is(await run('touch /m/x && stat -c %u:%g /m /m/x', { Binds: ['memory:/m'] }), '0:0\n0:0\n');
});
