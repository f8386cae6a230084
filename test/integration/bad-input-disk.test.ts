// A data root without room: containers, logs, loads and imports on it fail with words or go on without, nothing half-made
// stays, and everything works again when there is room. Needs root.
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { dockerArchive } from '../helpers/archive.ts';
import { type Daemon, startDaemon } from '../helpers/daemon.ts';
import { makeImage } from '../helpers/image.ts';
import { noise } from '../helpers/noise.ts';
import { engineState, leftSince } from '../helpers/residue.ts';
import { ok } from '../helpers/run.ts';
import { makeTar } from '../helpers/tar.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';

const IMAGE = 'tsker/busybox';

interface Disk {
  readonly daemon: Daemon;
  /** Where it is mounted. A file `ballast` on it is what takes its room. */
  readonly mount: string;
  /** Leaves `room` bytes. */
  fill(room?: number): void;
  free(): void;
}

async function smallDisk(t: ExecutionContext): Promise<Disk> {
  const mount = tempdir(t, 'small');
  await ok(['mount', '-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', mount]);
  const daemon = await startDaemon(t, { root: join(mount, 'root') });
  await daemon.tsker.ok(['run', '--rm', IMAGE, 'true']);
  const ballast = join(mount, 'ballast');
  return {
    daemon,
    mount,
    free: () => rmSync(ballast, { force: true }),
    fill(room = 0) {
      const { bavail, bsize } = statfsSync(mount);
      try {
        writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - room)));
      } catch (error) {
        // Others write too.
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
  };
}

test('a container on a full disk is refused or runs, and leaves nothing', async (t) => {
  const { daemon, fill, free } = await smallDisk(t);
  const before = await engineState(daemon);
  // The last ones are what is asked for before anything is begun, and a little more.
  for (const room of [0, 4096, 65_536, 122_880, 126_976, 262_144, 1_044_480, 1_048_576, 1_179_648]) {
    fill(room);
    const { code, stderr } = await daemon.tsker.run(['run', '--rm', IMAGE, 'true']);
    t.log(room, code, stderr.trimEnd());
    if (code !== 0) {
      t.is(code, 125);
      t.regex(stderr, /no space left on device|disk is full/);
    }
    t.deepEqual(await leftSince(daemon, before), [], `with ${room} bytes free`);
    free();
  }
  t.is(await daemon.tsker.ok(['run', '--rm', IMAGE, 'echo', 'again']), 'again');
});

test('containers that fill the disk themselves end, are listed, stopped and removed while it is full', async (t) => {
  const { daemon, free, mount } = await smallDisk(t);
  const { tsker } = daemon;
  const before = await engineState(daemon);
  await tsker.ok(['create', '--name', 'waiting', IMAGE, 'true']);
  await tsker.ok(['run', '-d', '--name', 'sleeper', IMAGE, 'sleep', '1000']);
  const fillIt = 'dd if=/dev/zero of=/disk/ballast bs=4k; exit 3';
  const filled = await tsker.run(['run', '--rm', '-v', `${mount}:/disk`, IMAGE, 'sh', '-c', fillIt]);
  t.is(filled.code, 3, filled.stderr);
  await tsker.ok(['stop', '-t', '0', 'sleeper']);
  t.regex(await tsker.ok(['ps', '-a']), /Exited \(137\)/);
  const start = await tsker.run(['start', 'waiting']);
  t.is(start.code, 1);
  t.regex(start.stderr, /no space left on device/);
  t.regex(await tsker.ok(['events', '--since', '1h', '--until', '0s']), /container die .*exitCode=137/);
  await tsker.ok(['rm', 'sleeper', 'waiting']);
  t.deepEqual(await leftSince(daemon, before), []);
  free();
  t.is(await tsker.ok(['run', '--rm', IMAGE, 'echo', 'again']), 'again');
});

test('a container whose log has no room goes on, and can be stopped and removed', async (t) => {
  const { daemon, fill, free } = await smallDisk(t);
  const { tsker } = daemon;
  const before = await engineState(daemon);
  const script =
    'i=0; while [ $i -lt 200000 ]; do echo "line $i of what a log has to hold"; i=$((i+1)); done; echo end >/dev/shm/end; sleep 1000';
  await tsker.ok(['run', '-d', '--name', 'talker', IMAGE, 'sh', '-c', script]);
  fill();
  await waitFor(
    'the program to have written it all',
    async () => {
      const { code } = await tsker.run(['exec', 'talker', 'cat', '/dev/shm/end']);
      return code === 0;
    },
    { timeout: 60_000, interval: 300 },
  );
  t.is((await tsker.run(['logs', '--tail', '1', 'talker'])).code, 0);
  await tsker.ok(['stop', '-t', '0', 'talker']);
  t.regex(await tsker.ok(['ps', '-a']), /Exited \(137\)/);
  await tsker.ok(['rm', '-f', 'talker']);
  t.deepEqual(await leftSince(daemon, before), []);
  free();
});

test('load and import onto a full disk', async (t) => {
  const { daemon, fill, free } = await smallDisk(t);
  const before = await engineState(daemon);
  const layer = [{ path: 'big', content: noise('big', 6_000_000) }];
  const archive = dockerArchive(makeImage({ layers: [{ entries: layer }] }), ['big:1']);
  for (const room of [0, 2_000_000, 7_000_000]) {
    fill(room);
    for (const [args, input] of [
      [['load'], archive],
      [['import', '-', 'big'], makeTar(layer)],
    ] as const) {
      const { code, stderr } = await daemon.tsker.run([...args], { input });
      t.log(room, args[0], code, stderr.trimEnd());
      if (code !== 0) t.regex(stderr, /no space left on device|disk is full/);
      else await daemon.tsker.ok(['rmi', args[0] === 'load' ? 'big:1' : 'big']);
    }
    free();
    t.deepEqual(await leftSince(daemon, before), [], `with ${room} bytes free`);
  }
});

test('a daemon that is stopped and started on a full disk', async (t) => {
  const { daemon, fill, free } = await smallDisk(t);
  await daemon.tsker.ok(['run', '-d', '--name', 'sleeper', IMAGE, 'sleep', '1000']);
  const before = await engineState(daemon);
  fill();
  await daemon.kill();
  try {
    await daemon.start();
  } catch (error) {
    t.regex(String(error), /no space left on device/);
    free();
    await daemon.start();
  }
  t.regex(await daemon.tsker.ok(['ps', '-a']), /Exited \(137\)/);
  // At an orderly end the log goes; its room is enough for a start, and what is left of it is taken again.
  fill();
  await daemon.stop();
  await daemon.start();
  await daemon.tsker.ok(['rm', 'sleeper']);
  free();
  t.deepEqual(await leftSince(daemon, before), []);
});
