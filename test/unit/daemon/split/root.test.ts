import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { mountRoot } from '../../../../src/daemon/split/root.ts';
import { tempdir } from '../../../helpers/tempdir.ts';

const native = { runPlan: () => Promise.resolve() };
const effects = { record: () => undefined };

test('runtimes, which refuse links, are given the real path, where the data root is a link', async (t) => {
  const base = tempdir(t, 'root');
  mkdirSync(join(base, 'data/layer'), { recursive: true });
  mkdirSync(join(base, 'run/rootfs'), { recursive: true });
  symlinkSync('data', join(base, 'data-link'));
  symlinkSync('run', join(base, 'run-link'));
  const bind = { type: 'bind', source: join(base, 'data-link/layer'), options: [] } as const;
  const overlay = { type: 'overlay', source: 'overlay', options: [] } as const;
  const directory = join(base, 'run-link');
  t.is(await mountRoot(native, { rootfs: bind, directory, effects }), join(base, 'data/layer'));
  t.is(await mountRoot(native, { rootfs: overlay, directory, effects }), join(base, 'run/rootfs'));
});
