// What tsker writes to when nobody reads it any more, or when it takes no more: it ends as other programs do. Needs root, bash.
import anyTest, { type TestFn } from 'ava';
import { type Daemon, startDaemon, tskerCommand } from '../helpers/daemon.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { run } from '../helpers/run.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
const IMAGE = 'tsker/busybox';
let daemon: Daemon;

test.before('a container that has written much', async () => {
  daemon = await startDaemon(suite);
  await daemon.tsker.ok(['run', '--name', 'talker', IMAGE, 'sh', '-c', 'yes | head -n 200000']);
});

const shell = (script: string) =>
  run(['bash', '-c', script], {
    env: { ...process.env, TSKER_HOST: `unix://${daemon.socket}`, TSKER: tskerCommand().join(' ') },
  });

const COMMANDS = [`export talker`, `save ${IMAGE}`, 'cp talker:/bin -', 'logs talker', `run --rm ${IMAGE} yes`];

for (const command of COMMANDS) {
  test(`tsker ${command}: without a reader it ends as by SIGPIPE, and says nothing`, async (t) => {
    const { stdout, stderr } = await shell(`$TSKER ${command} | head -c 10 >/dev/null; echo "\${PIPESTATUS[0]}"`);
    t.is(stdout.trim(), '141');
    t.is(stderr, '');
  });
}

for (const command of ['ps -a', ...COMMANDS.filter((one) => !one.startsWith('run '))]) {
  test(`tsker ${command}: an output that is full is a failure, in one line`, async (t) => {
    const { code, stderr } = await shell(`$TSKER ${command} >/dev/full`);
    t.is(code, 1);
    t.regex(stderr, /^tsker: .*no space left on device.*\n$/);
  });
}
