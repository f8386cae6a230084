// A daemon in a privileged container of a daemon: on a volume it has overlay; on its container's own root, which is an overlay,
// it works with vfs, and says what to mount when overlay is asked for. Needs root and the built executable.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Daemon, startDaemon } from '../helpers/daemon.ts';
import { needing } from '../helpers/needs.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { tempdir } from '../helpers/tempdir.ts';

const EXECUTABLE = process.env['TSKER_BIN'] ?? join(import.meta.dirname, '../../dist/tsker');
const IMAGE = 'tsker/busybox';
const suite = suiteOwner(test);
const builtTest = needing(test, { 'dist/tsker': existsSync(EXECUTABLE) });
let daemon: Daemon;

test.before(async () => {
  daemon = await startDaemon(suite);
  await daemon.tsker.ok(['pull', IMAGE]);
});

/** The executable and the C library that it is linked with, in a container that is free to make containers. */
async function inContainer(t: ExecutionContext, script: string): Promise<string> {
  const volume = tempdir(t, 'nested');
  const binds = [`${EXECUTABLE}:/tsker:ro`, '/usr/lib:/lib:ro', '/usr/lib64:/lib64:ro', `${volume}:/volume`];
  const flags = ['--rm', '--privileged', ...binds.flatMap((bind) => ['-v', bind])];
  const { stdout, stderr } = await daemon.tsker.run(['run', ...flags, IMAGE, 'sh', '-c', script]);
  return stdout + stderr;
}

/** Starts the inner daemon, runs a container in it, and ends it. */
const inner = (root: string): string => `
/tsker daemon --data-root ${root} >/log 2>&1 &
tries=0
until /tsker version >/dev/null 2>&1; do
  tries=$((tries + 1)); [ $tries -lt 600 ] || break; kill -0 $! || break; sleep 0.1
done
/tsker pull -q ${IMAGE} >/dev/null
echo "driver=$(/tsker info --format '{{.Driver}}')"
echo "said=$(/tsker run --rm --net none ${IMAGE} sh -c 'touch /new && echo from within')"
kill $!; wait
grep -i 'error\\|tsker: ' /log || true`;

builtTest('on a volume it has overlay', async (t) => {
  const said = await inContainer(t, inner('/volume'));
  t.regex(said, /^driver=overlay2?$/m);
  t.regex(said, /^said=from within$/m);
});

builtTest('on an overlay it works all the same', async (t) => {
  const said = await inContainer(t, inner('/root/tsker'));
  t.regex(said, /^driver=vfs$/m);
  t.regex(said, /^said=from within$/m);
});

builtTest('asked for overlay on an overlay, it says what to mount', async (t) => {
  const said = await inContainer(t, '/tsker daemon --storage-driver overlay2 --data-root /root/tsker');
  t.regex(
    said,
    /storage driver overlay does not work in \/root\/tsker\/overlay: it is on an overlay file system itself/,
  );
  t.regex(said, /put --data-root on ext4, xfs or btrfs \(in a container: on a volume\)/);
});
