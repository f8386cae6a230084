// A daemon killed by SIGKILL at a bad moment, and what the next one makes of it (root).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { openStore } from '../fixtures/layer/open-store.ts';
import { openNative } from '../helpers/native.ts';
import { makeTar } from '../helpers/tar.ts';
import { mountsBelow, tempdir } from '../helpers/tempdir.ts';

const native = openNative();
const PROGRAM = join(import.meta.dirname, '../fixtures/layer/dies.ts');
const CONTAINER = 'c'.repeat(64);

for (const driver of ['overlay', 'vfs']) {
  test(`${driver}: after a SIGKILL the store is whole and nothing else is left`, async (t) => {
    const root = tempdir(t, driver);
    const tar = join(tempdir(t, 'blob'), 'tar');
    writeFileSync(tar, makeTar([{ path: 'file', content: 'x' }]));
    const child = spawn(process.execPath, [PROGRAM, root, driver, tar], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.teardown(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    t.is(layerDirectories(root, driver).length, 4);
    t.is(mountsBelow(root).length, driver === 'overlay' ? 1 : 0);

    const { store, ledger } = await openStore(native, root, driver);
    await ledger.undo('daemon');
    await store.recover();
    t.deepEqual(mountsBelow(root), []);
    t.deepEqual(ledger.list(), []);
    t.is(layerDirectories(root, driver).length, 2);
    const { path, release } = await store.mountContainer(CONTAINER);
    t.deepEqual(readdirSync(path), ['file']);
    await release();
    await store.removeContainerLayer(CONTAINER);
  });
}

function layerDirectories(root: string, driver: string): string[] {
  return readdirSync(join(root, driver)).filter((name) => name.length === 64);
}
