// A power cut under the database: a file system of its own is shut down in the middle of commits, as ext4 offers it for such
// tests: what no one synced is lost, and its journal is not written any more. Needs root, mkfs.ext4, loop devices.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { openDatabase } from '../../src/store/database.ts';
import { Settings } from '../../src/store/settings.ts';
import { makeExt4, mountLoop } from '../helpers/ext4.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { SLOWNESS, waitFor } from '../helpers/wait.ts';

const CUTS = 8;
/** EXT4_IOC_SHUTDOWN with NOLOGFLUSH. */
const SHUT_DOWN = 'open(my $d, "<", $ARGV[0]) or die $!; my $f = pack("L", 2); ioctl($d, 0x8004587d, $f) or die $!';

/** Whoever makes a mount namespace meanwhile has the mount for a moment as well: mounted again, it would still be cut off. */
async function unmount(image: string, where: string): Promise<void> {
  execFileSync('umount', [where]);
  await waitFor(
    'the file system to be nowhere mounted',
    () => execFileSync('losetup', ['-j', image], { encoding: 'utf8' }) === '',
    { timeout: 60_000 },
  );
}

/** Commits until the power is cut; the last number that was promised to be on the disk. */
async function commitUntilCut(directory: string, milliseconds: number): Promise<number> {
  const program = join(import.meta.dirname, '../helpers/committer.ts');
  const committer = spawn(process.execPath, [program, join(directory, 'tsker.db')], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(committer, 'close');
  try {
    let said = '';
    committer.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await Promise.race([once(committer.stdout, 'data'), ended]);
    await setTimeout(milliseconds);
    execFileSync('perl', ['-e', SHUT_DOWN, directory]);
    return Number(said.trim().split('\n').at(-1));
  } finally {
    committer.kill('SIGKILL');
    await ended;
  }
}

/** Every row is of the same commit as the count. */
function check(t: ExecutionContext, path: string, promised: number): void {
  const db = openDatabase(path);
  try {
    t.is(db.pragma('integrity_check', { simple: true }), 'ok');
    const settings = new Settings(db);
    const count = Number(settings.get('count'));
    t.true(count >= promised, `${count} is there, ${promised} was promised`);
    for (let row = 1; row < 400 && row <= count; row += 1) {
      t.is(Number(settings.get(`row ${row}`)?.split(' ')[0]), lastOf(count, row, 400));
    }
    for (let sum = 1; sum < 7 && sum <= count; sum += 1) {
      t.is(Number(settings.get(`sum ${sum}`)), lastOf(count, sum, 7));
    }
  } finally {
    db.close();
  }
}

/** The last number up to `count` that leaves `rest`. */
function lastOf(count: number, rest: number, divisor: number): number {
  return count - ((((count - rest) % divisor) + divisor) % divisor);
}

test('a power cut leaves a database as it was at some commit, and not before what was promised', async (t) => {
  t.timeout(120_000 * SLOWNESS);
  const { image, disk } = makeExt4(tempdir(t, 'power-cut'));
  for (let cut = 0; cut < CUTS; cut += 1) {
    mountLoop(image, disk);
    const promised = await commitUntilCut(disk, (150 + 90 * cut) * SLOWNESS);
    await unmount(image, disk);
    mountLoop(image, disk);
    t.log(`cut ${cut}: ${promised} commits were promised`);
    check(t, join(disk, 'tsker.db'), promised);
    for (const suffix of ['', '-wal', '-shm', '-moved']) rmSync(join(disk, `tsker.db${suffix}`), { force: true });
    await unmount(image, disk);
  }
});
