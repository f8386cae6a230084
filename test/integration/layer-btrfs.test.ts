// The btrfs driver against the suite of all drivers, on a file system of its own in a loop file; and what only it has to
// do: subvolumes that a container made go with it. Needs root and mkfs.btrfs.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openBtrfs } from '../../src/graphdriver/btrfs.ts';
import { graphdriverConformance } from '../conformance/graphdriver.ts';
import { startDaemon } from '../helpers/daemon.ts';
import { openNative } from '../helpers/native.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { ok } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';

const suite = suiteOwner(test);
const effects = { record: () => 1, forget: () => undefined };
let mounted = '';

test.before('make a btrfs file system', async () => {
  const directory = tempdir(suite, 'btrfs');
  const file = join(directory, 'disk');
  const path = join(directory, 'mnt');
  mkdirSync(path);
  await ok(['truncate', '-s', '512M', file]);
  await ok(['mkfs.btrfs', '-q', file]);
  await ok(['mount', '-o', 'loop', file, path]);
  suite.teardown(async () => void (await ok(['umount', path])));
  mounted = path;
});

/** Removed with the file system. */
function root(_t?: ExecutionContext): string {
  return mkdtempSync(join(mounted, 'root-'));
}

const native = openNative();
graphdriverConformance(test, 'btrfs', { native, root });

const ID = '1'.padStart(64, '0');

test('subvolumes made in a container are removed with it, read-only and nested ones as well', async (t) => {
  const home = join(root(), 'btrfs');
  const driver = await openBtrfs({ home, native, effects });
  await driver.createWritable(ID, undefined);
  const path = await driver.mount(ID);
  await ok(['btrfs', 'subvolume', 'create', join(path, 'one')]);
  mkdirSync(join(path, 'one/deep/er'), { recursive: true });
  await ok(['btrfs', 'subvolume', 'create', join(path, 'one/deep/er/two')]);
  writeFileSync(join(path, 'one/deep/er/two/file'), 'x');
  await ok(['btrfs', 'subvolume', 'create', join(path, 'one/deep/er/two/three')]);
  await ok(['btrfs', 'property', 'set', join(path, 'one/deep/er/two'), 'ro', 'true']);
  await ok(['btrfs', 'subvolume', 'snapshot', '-r', join(path, 'one'), join(path, 'frozen')]);
  await driver.remove(ID);
  t.false(existsSync(path));
  const left = await ok(['btrfs', 'subvolume', 'list', mounted]);
  t.false(left.includes(basename(dirname(home))), left);
});

test('a container costs no space of its own', async (t) => {
  const home = join(root(), 'btrfs');
  const driver = await openBtrfs({ home, native, effects });
  const parent = '2'.padStart(64, '0');
  await driver.createWritable(parent, undefined);
  writeFileSync(join(await driver.mount(parent), 'large'), Buffer.alloc(8_000_000, 'x'));
  await driver.createWritable(ID, parent);
  const copy = join(await driver.mount(ID), 'large');
  t.is(statSync(copy).size, 8_000_000);
  await ok(['sync', '-f', mounted]);
  t.regex(await ok(['btrfs', 'filesystem', 'du', '-s', '--raw', join(home, ID)]), /\n\s*8\d{6}\s+0\s+8\d{6}/);
});

test('a daemon runs, compares, commits and removes on it', async (t) => {
  const daemon = await startDaemon(t, { root: join(root(), 'root'), args: ['--storage-driver', 'btrfs'] });
  const { ok: tsker } = daemon.tsker;
  await tsker(['pull', 'tsker/busybox']);
  t.is(await tsker(['run', '--name', 'one', 'tsker/busybox', 'sh', '-c', 'echo said >/file; cat /file']), 'said');
  t.regex(await tsker(['diff', 'one']), /^A \/file$/m);
  await tsker(['commit', 'one', 'two']);
  t.is(await tsker(['run', '--rm', 'two', 'cat', '/file']), 'said');
  t.is(await tsker(['info', '--format', '{{.Driver}} {{json .DriverStatus}}']), 'btrfs [["Btrfs",""]]');
  await tsker(['rm', 'one']);
  await tsker(['rmi', 'two', 'tsker/busybox']);
  t.deepEqual(readdirSync(join(daemon.root, 'btrfs')), []);
});

test('elsewhere than on btrfs it says so', async (t) => {
  const home = join(tempdir(t, 'not-btrfs'), 'btrfs');
  await t.throwsAsync(openBtrfs({ home, native, effects }), { message: /does not work in .*: it is on \w+$/ });
});
