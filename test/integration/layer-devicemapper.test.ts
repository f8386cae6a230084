// The devicemapper driver against the suite of all drivers, each test on a pool of its own on loop files; what only it does;
// and a daemon on it. Needs root, mkfs.ext4 and a kernel with the device mapper: that of the virtual machine has it.
import { existsSync, readdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { openDevicemapper } from '../../src/graphdriver/devicemapper/driver.ts';
import { TskerError } from '../../src/util/errors.ts';
import { graphdriverConformance } from '../conformance/graphdriver.ts';
import { startDaemon } from '../helpers/daemon.ts';
import { openNative } from '../helpers/native.ts';
import { needing } from '../helpers/needs.ts';
import type { Owner } from '../helpers/owner.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';

const OPTIONS = ['dm.loopdatasize=1G', 'dm.loopmetadatasize=16M', 'dm.basesize=256M'];
const ID = '1'.padStart(64, '0');
const native = openNative();
const effects = { record: () => 1, forget: () => undefined };

/** Why it does not work here; undefined when it does. */
async function whyNot(): Promise<string | undefined> {
  const cleanups: (() => void | Promise<void>)[] = [];
  const owner: Owner = { teardown: (fn) => void cleanups.push(fn) };
  try {
    const home = join(tempdir(owner, 'probe'), 'devicemapper');
    await (await openDevicemapper({ home, native: native, effects }, OPTIONS)).close();
    return undefined;
  } catch (error) {
    if (error instanceof TskerError && error.code === 'unsupported') return error.message;
    throw error;
  } finally {
    for (const clean of cleanups) await clean();
  }
}

const reason = await whyNot();
if (reason === undefined) registerTests();
else needing(test, { [reason]: false })('layers of devicemapper', () => undefined);

function registerTests(): void {
  graphdriverConformance(test, 'devicemapper', { native, storageOptions: OPTIONS });

  test('a pool is found again, and one whose file is gone is an error', async (t) => {
    const home = join(tempdir(t, 'pool'), 'devicemapper');
    const first = await openDevicemapper({ home, native, effects }, OPTIONS);
    await first.createWritable(ID, undefined);
    writeFileSync(join(await first.mount(ID), 'file'), 'kept');
    await first.unmount(ID);
    await first.close();
    const second = await openDevicemapper({ home, native, effects }, []);
    t.deepEqual(readdirSync(await second.mount(ID)), ['file']);
    await second.unmount(ID);
    await second.close();
    unlinkSync(join(home, 'pool/data'));
    await t.throwsAsync(openDevicemapper({ home, native, effects }, []), { message: /is gone: no .*pool\/data$/ });
  });

  test('what a removed layer held is given back to the file system of the pool', async (t) => {
    const home = join(tempdir(t, 'pool'), 'devicemapper');
    const driver = await openDevicemapper({ home, native, effects }, OPTIONS);
    const blocks = (): number => statSync(join(home, 'pool/data')).blocks;
    await driver.createWritable(ID, undefined);
    writeFileSync(join(await driver.mount(ID), 'large'), Buffer.alloc(50_000_000, 'x'));
    await driver.unmount(ID);
    const before = blocks();
    await driver.remove(ID);
    await waitFor('holes in the file', () => blocks() < before - 80_000);
    t.false(existsSync(join(home, ID)));
    await driver.close();
  });

  test('a pool that has too little left takes no further device, in the words of Docker', async (t) => {
    const home = join(tempdir(t, 'pool'), 'devicemapper');
    const driver = await openDevicemapper({ home, native, effects }, [...OPTIONS, 'dm.min_free_space=99%']);
    await driver.createWritable(ID, undefined);
    writeFileSync(join(await driver.mount(ID), 'large'), Buffer.alloc(20_000_000, 'x'));
    await driver.unmount(ID);
    await t.throwsAsync(driver.createWritable('2'.padStart(64, '0'), undefined), {
      message: /^devmapper: Thin Pool has \d+ free/,
    });
    await driver.remove(ID);
    await driver.close();
  });

  test('a daemon runs, copies, commits and restarts on it, and leaves no device behind', async (t) => {
    const args = ['--storage-driver', 'devicemapper', ...OPTIONS.flatMap((one) => ['--storage-opt', one])];
    const daemon = await startDaemon(t, { args });
    const { ok } = daemon.tsker;
    await ok(['pull', 'tsker/busybox']);
    t.is(await ok(['run', '--name', 'one', 'tsker/busybox', 'sh', '-c', 'echo said >/file; cat /file']), 'said');
    t.regex(await ok(['diff', 'one']), /^A \/file$/m);
    await ok(['commit', 'one', 'two']);
    t.is(await ok(['run', '--rm', 'two', 'cat', '/file']), 'said');
    await ok(['run', '-d', '--name', 'three', 'two', 'sleep', '1000']);
    t.is(await ok(['exec', 'three', 'cat', '/file']), 'said');
    await ok(['cp', 'one:/file', join(daemon.root, 'copy')]);
    const info = JSON.parse(await ok(['info', '--format', '{{json .DriverStatus}}'])) as [string, string][];
    t.is(new Map(info).get('Base Device Size'), '268.4MB');
    await daemon.kill();
    await daemon.start();
    await ok(['start', 'three']);
    t.is(await ok(['exec', 'three', 'cat', '/file']), 'said');
    await ok(['rm', '-f', 'one', 'three']);
    await daemon.stop();
    t.deepEqual(
      readdirSync('/dev/mapper').filter((name) =>
        name.includes(String(statSync(join(daemon.root, 'devicemapper')).ino)),
      ),
      [],
    );
  });
}
