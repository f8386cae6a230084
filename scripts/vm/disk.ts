// The guest's disk: a Debian minbase root with the kernel's modules, made once; and the project, packed anew for each run
// on a second disk, so that the first is never written.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ok } from '../../test/helpers/run.ts';
import type { Kernel } from './kernel.ts';

/** kmod loads modules on demand as on any Debian host; the rest is what the tests themselves run. No container tool. */
const PACKAGES = [
  'kmod',
  'procps',
  'ca-certificates',
  'docker-registry',
  'busybox-static',
  'python3',
  'e2fsprogs',
  'util-linux-extra',
  'attr',
];

export async function makeRoot(cache: string, kernel: Kernel): Promise<string> {
  const content = createHash('sha256').update(PACKAGES.join()).digest('hex').slice(0, 8);
  const image = join(cache, `root-${kernel.version}-${content}.ext4`);
  if (existsSync(image)) return image;
  const tree = join(cache, `root.tmp-${process.pid}`);
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(tree, { recursive: true });
  await ok(['debootstrap', '--variant=minbase', `--include=${PACKAGES.join(',')}`, 'bookworm', tree], {
    timeout: 1_200_000,
  });
  // With merged /usr the modules lie below usr/lib; depmod has been run on them for the initrd.
  mkdirSync(join(tree, 'usr/lib/modules'), { recursive: true });
  await ok(['cp', '-a', kernel.modules, `${join(tree, 'usr/lib/modules')}/`]);
  mkdirSync(join(tree, 'project'), { recursive: true });
  await makeExt4(tree, image, '3G');
  rmSync(tree, { recursive: true, force: true });
  return image;
}

/** A disk of the project as the tests need it: sources, dependencies and dist/tsker; `inside` is where it will be mounted. */
export async function makeProject(root: string, image: string): Promise<void> {
  const tree = `${image}.tree`;
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(tree, { recursive: true });
  const excluded = [
    '.git',
    'node_modules',
    'dist/build',
    'native/build/asan',
    'native/build/fuzz',
    'native/build/fuzz-obj',
    'native/build/test',
  ];
  await copy(root, tree, excluded);
  // On its own: it may be a link to where another clone has it.
  const modules = join(tree, 'node_modules');
  mkdirSync(modules);
  await copy(realpathSync(join(root, 'node_modules')), modules, ['@yao-pkg', 'typescript', '@typescript', '@biomejs']);
  const attack = join(tree, 'test/fixtures/attack');
  await ok(['musl-gcc', '-static', '-O2', '-o', join(attack, 'thief'), join(attack, 'thief.c')]);
  await makeExt4(tree, image, '4G');
  rmSync(tree, { recursive: true, force: true });
}

async function copy(from: string, to: string, excluded: readonly string[]): Promise<void> {
  const excludes = excluded.map((path) => `--exclude=./${path}`);
  await ok(['sh', '-c', `tar -C "$1" -cf - ${excludes.join(' ')} . | tar -C "$2" -xf -`, 'sh', from, to], {
    timeout: 300_000,
  });
}

async function makeExt4(tree: string, image: string, size: string): Promise<void> {
  const work = `${image}.tmp`;
  mkdirSync(dirname(image), { recursive: true });
  rmSync(work, { force: true });
  await ok(['truncate', '-s', size, work]);
  await ok(['mke2fs', '-q', '-t', 'ext4', '-d', tree, '-E', 'lazy_itable_init=1', work], { timeout: 600_000 });
  renameSync(work, image);
}
