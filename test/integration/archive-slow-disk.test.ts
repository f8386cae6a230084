// Who sends an archive to be placed never waits for the disk it is placed on: its end of the pipe is the event loop's. An ext4
// that may have next to nothing unwritten makes every writer pause. Needs root, mkfs.ext4, loop devices, a kernel since 6.2.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import * as linux from '../../src/native/linux.ts';
import { makeExt4, mountLoop } from '../helpers/ext4.ts';
import { openNative } from '../helpers/native.ts';
import { needing } from '../helpers/needs.ts';
import { makeTar } from '../helpers/tar.ts';
import { tempdir } from '../helpers/tempdir.ts';

const SIZE = 24 * 1024 * 1024;
/** Milliseconds: the kernel makes a writer pause for up to 200. */
const MOST = 20;
const NEEDS = { 'limits of a single disk (Linux 6.2)': existsSync('/sys/class/bdi/7:0/strict_limit') };

/** An ext4 on which nearly every write waits for those before it. */
function slowDisk(t: ExecutionContext): string {
  const { image, disk } = makeExt4(tempdir(t, 'slow-disk'));
  mountLoop(image, disk);
  const device = execFileSync('losetup', ['-n', '-O', 'MAJ:MIN', '-j', image], { encoding: 'utf8' }).trim();
  const limits = join('/sys/class/bdi', device);
  undoAtTheEnd(t, UNDO, [limits, disk]);
  writeFileSync(join(limits, 'strict_limit'), '1');
  writeFileSync(join(limits, 'max_bytes'), '65536');
  return disk;
}

/** The limits are the loop device's, and would stay with it. */
const UNDO = 'cat; umount "$2"; echo 100 >"$1/max_ratio"; echo 0 >"$1/strict_limit"';

/** By a process that outlives ours, whatever ends that. */
function undoAtTheEnd(t: ExecutionContext, script: string, argv: readonly string[]): void {
  const guard = spawn('sh', ['-c', script, 'sh', ...argv], { stdio: ['pipe', 'ignore', 'inherit'], detached: true });
  t.teardown(async () => {
    const closed = once(guard, 'close');
    guard.stdin.end();
    const [code] = await closed;
    if (code !== 0) throw new Error(`what the test did to the host was not undone: exit code ${code}`);
  });
}

needing(test, NEEDS)('who writes to a placer does not wait for the disk', async (t) => {
  const native = openNative();
  const disk = slowDisk(t);
  const tar = makeTar([{ path: 'large', content: Buffer.alloc(SIZE, 'x') }]);
  const pipe = native.pipe({ nonblock: true, wide: true });
  const root = native.open(disk, linux.O_PATH);
  const placed = native.place({ root, path: '/', fd: pipe.read });
  let longest = 0;
  for (let at = 0; at < tar.length; ) {
    const before = performance.now();
    const written = writeSome(pipe.write, tar.subarray(at, at + 65_536));
    longest = Math.max(longest, performance.now() - before);
    if (written === 0) await setTimeout(1);
    at += written;
  }
  native.close(pipe.write);
  await placed;
  native.close(root);
  t.is(statSync(join(disk, 'large')).size, SIZE);
  t.log(`longest write: ${longest.toFixed(1)} ms`);
  t.true(longest < MOST, `a write took ${longest} ms`);
});

/** Bytes that the pipe had room for. */
function writeSome(fd: number, bytes: Buffer): number {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}
