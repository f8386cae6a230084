import test from 'ava';
import { withInitLayer } from '../../../../src/daemon/container/init-layer.ts';
import type { RootfsMount } from '../../../../src/graphdriver/driver.ts';

test('it is the lowest layer of an overlay, by a path from where the mount is made', (t) => {
  const rootfs: RootfsMount = {
    type: 'overlay',
    source: 'overlay',
    cwd: '/root,of:all/overlay',
    options: ['lowerdir=l/A:l/B', 'upperdir=x/diff', 'workdir=x/work', 'index=off'],
  };
  t.deepEqual(withInitLayer(rootfs, '/root,of:all/init').options, [
    'lowerdir=l/A:l/B:../init',
    ...rootfs.options.slice(1),
  ]);
});

test('a root of one directory stays as it is', (t) => {
  const rootfs: RootfsMount = { type: 'bind', source: '/x', options: ['rbind'] };
  t.is(withInitLayer(rootfs, '/init'), rootfs);
});
