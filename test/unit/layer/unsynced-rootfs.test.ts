import test from 'ava';
import { unsyncedRootfs } from '../../../src/layer/unsynced-rootfs.ts';

const OPTIONS = ['lowerdir=l/A:l/B', 'upperdir=c/diff', 'workdir=c/work', 'index=off'];
const WRITABLE = { type: 'overlay', source: 'overlay', cwd: '/home', options: OPTIONS } as const;

test('a copy has the overlay of the container with a work directory of its own, which is not synced', (t) => {
  const options = ['lowerdir=l/A:l/B', 'upperdir=c/diff', 'workdir=c/work-unsynced', 'index=off', 'volatile'];
  t.deepEqual(unsyncedRootfs(WRITABLE), { rootfs: { ...WRITABLE, options }, work: '/home/c/work-unsynced' });
});

test('what has no work directory, or one that is needed, is mounted as it is', (t) => {
  const others = [
    { type: 'bind', source: '/x', options: [] },
    { ...WRITABLE, options: ['ro', 'lowerdir=l/A', 'index=off'] },
    { ...WRITABLE, options: OPTIONS.slice(0, 3) },
    { ...WRITABLE, options: [...OPTIONS.slice(0, 3), 'index=on'] },
    { ...WRITABLE, options: [...OPTIONS, 'volatile'] },
    { ...WRITABLE, options: [`lowerdir=${'l/A:'.repeat(1010)}l/B`, ...OPTIONS.slice(1)] },
  ] as const;
  for (const rootfs of others) t.is(unsyncedRootfs(rootfs), undefined);
});
