// `tsker runc` beside Debian's runc: the same commands end with the same codes, the same state and the same messages; ours may say
// a reason after them. Needs: root, runc.
import { randomBytes } from 'node:crypto';
import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { needing } from '../helpers/needs.ts';
import { makeOciRuntime, REAL_RUNC } from '../helpers/oci-runtime.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { waitFor } from '../helpers/wait.ts';
import { type Config, makeWorld, type Outcome, type World } from './runc.harness.ts';

const suite = suiteOwner(test);
const agreement = needing(test.serial, { runc: existsSync(REAL_RUNC) });
let worlds: { ours: World; theirs: World };
test.before(async () => {
  if (!existsSync(REAL_RUNC)) return;
  worlds = { ours: await makeWorld(suite, await makeOciRuntime(suite)), theirs: await makeWorld(suite, REAL_RUNC) };
});

/** The words of a command; ID is the container's, BUNDLE the directory of its bundle. */
type Step = readonly string[];

/** One container's life, a command after the other. */
const LIFE: readonly Step[] = [
  ['create', '--bundle', 'BUNDLE', 'ID'],
  ['create', '--bundle', 'BUNDLE', 'ID'],
  ['state', 'ID'],
  ['exec', 'ID', 'true'],
  ['resume', 'ID'],
  ['start', 'ID'],
  ['start', 'ID'],
  ['state', 'ID'],
  ['list', '-q'],
  ['delete', 'ID'],
  ['exec', 'ID', 'sh', '-c', 'exit 7'],
  ['exec', 'ID', 'sh', '-c', 'kill -9 $$'],
  ['exec', 'ID', 'nope'],
  ['exec', 'ID', '/etc'],
  ['exec', 'ID', '/nope'],
  ['exec', 'ID'],
  ['exec', '--cwd', 'etc', 'ID', 'true'],
  ['exec', '-u', '33:50', 'ID', 'id', '-g'],
  ['exec', '-e', 'A=b', 'ID', 'sh', '-c', 'echo $A'],
  ['exec', '--cwd', '/etc', 'ID', 'pwd'],
  ['exec', '-d', '-t', 'ID', 'true'],
  ['update', '--memory', '64m', '--memory-swap', '64m', '--pids-limit', '20', 'ID'],
  ['pause', 'ID'],
  ['pause', 'ID'],
  ['state', 'ID'],
  ['exec', 'ID', 'true'],
  ['resume', 'ID'],
  ['kill', 'ID', 'FOO'],
  ['kill', 'ID', '99'],
  ['kill', 'ID', 'SIGHUP'],
  ['kill', 'ID', 'KILL'],
  ['STOPPED'],
  ['state', 'ID'],
  ['kill', 'ID', 'KILL'],
  ['kill', '--all', 'ID', 'KILL'],
  ['exec', 'ID', 'true'],
  ['start', 'ID'],
  ['pause', 'ID'],
  ['events', '--stats', 'ID'],
  ['delete', 'ID'],
  ['delete', 'ID'],
  ['delete', '--force', 'ID'],
  ['state', 'ID'],
  ['start', 'ID'],
  ['kill', 'ID'],
  ['ps', 'ID'],
  ['create', 'a/b'],
  ['create'],
  ['create', 'a', 'b'],
  ['kill'],
  ['frob'],
  ['--log-format', 'xml', 'list'],
  ['create', '--frob', 'ID'],
  ['create', '--bundle', 'TERMINAL', 'ID'],
  ['run', '-d', '--bundle', 'TERMINAL', 'ID'],
  ['create', '--console-socket', '/nowhere', '--bundle', 'BUNDLE', 'ID'],
];

agreement('a container lives the same life with both', async (t) => {
  const lives = [worlds.theirs, worlds.ours].map((world) => ({
    world,
    id: world.id(),
    bundle: world.bundle(),
    terminal: world.bundle((config) => {
      config.process.terminal = true;
    }),
  }));
  const [theirs = [], ours = []] = await Promise.all(lives.map(live));
  for (const [at, step] of LIFE.entries()) {
    const [expected, outcome] = [theirs[at], ours[at]];
    if (expected === undefined || outcome === undefined) continue;
    const name = step.join(' ');
    t.is(outcome.code, expected.code, name);
    t.true(outcome.message.startsWith(expected.message.trim()), `${name}: ${outcome.message} | ${expected.message}`);
    if (outcome.code === 0) t.deepEqual(keys(outcome.stdout), keys(expected.stdout), name);
  }
});

interface Life {
  readonly world: World;
  readonly id: string;
  readonly bundle: string;
  readonly terminal: string;
}

async function live({ world, id, bundle, terminal }: Life): Promise<(Outcome | undefined)[]> {
  const words: Readonly<Record<string, string>> = { ID: id, BUNDLE: bundle, TERMINAL: terminal };
  const outcomes: (Outcome | undefined)[] = [];
  for (const step of LIFE) {
    const waits = step[0] === 'STOPPED';
    if (waits) await waitFor('it to stop', async () => (await world.state(id)).status === 'stopped');
    outcomes.push(
      waits ? undefined : normalize(await world.call(...step.map((word) => words[word] ?? word)), id, bundle),
    );
  }
  return outcomes;
}

/** What differs from container to container. */
function normalize({ code, stdout, stderr, message }: Outcome, id: string, bundle: string): Outcome {
  const plain = (text: string): string =>
    text.replaceAll(id, 'ID').replaceAll(bundle, 'BUNDLE').replace(`${REAL_RUNC}: `, 'runc: ');
  return { code, stdout: plain(stdout), stderr: plain(stderr), message: plain(message) };
}

/** Of JSON its names and its status; other output as it is. */
function keys(stdout: string): unknown {
  if (!stdout.startsWith('{')) return stdout;
  const value = JSON.parse(stdout) as Record<string, unknown>;
  return [Object.keys(value), value['status'], typeof value['pid']];
}

/** Bundles that cannot be created, or whose program does not run. */
const BUNDLES: Readonly<Record<string, (config: Config) => void>> = {
  'a program that is not there': (config) => {
    config.process.args = ['nope'];
  },
  'a path that is not there': (config) => {
    config.process.args = ['/nope'];
  },
  'a directory for a program': (config) => {
    config.process.args = ['/etc'];
  },
  'a program of no format': (config) => {
    config.process.args = ['/bin/garbage'];
  },
  'no arguments': (config) => {
    config.process.args = [];
  },
  'a relative working directory': (config) => {
    config.process.cwd = 'etc';
  },
  'a root that is not there': (config) => {
    config.root.path = 'nowhere';
  },
  'a root that is a link': (config) => {
    const link = `${config.root.path}-${randomBytes(4).toString('hex')}`;
    symlinkSync(config.root.path, link);
    config.root.path = link;
  },
  'a namespace of no type': (config) => void config.linux.namespaces.push({ type: 'foo' }),
  'a user namespace without maps': (config) => void config.linux.namespaces.push({ type: 'user' }),
  'a hook that fails': (config) => {
    config['hooks'] = { prestart: [{ path: '/bin/false' }] };
  },
  'a hook that is not there': (config) => {
    config['hooks'] = { createRuntime: [{ path: '/nope' }] };
  },
  'a program that ends with 9': (config) => {
    config.process.args = ['sh', '-c', 'exit 9'];
  },
  'a program that is killed': (config) => {
    config.process.args = ['sh', '-c', 'kill -9 $$; exit 3'];
  },
};

for (const [what, change] of Object.entries(BUNDLES)) {
  agreement(`run with ${what} ends the same`, async (t) => {
    const [theirs, ours] = await Promise.all([worlds.theirs, worlds.ours].map((world) => runOnce(world, change)));
    t.is(ours?.code, theirs?.code);
    const [words = '', expected = ''] = [ours?.message, theirs?.message].map((text = '') =>
      text.replace(/, stdout.*/, ''),
    );
    t.true(words.startsWith(expected), `${words} | ${expected}`);
    if (expected === '') t.is(ours?.stderr, theirs?.stderr);
  });
}

async function runOnce(world: World, change: (config: Config) => void): Promise<Outcome> {
  const id = world.id();
  const bundle = world.bundle((config) => {
    writeFileSync(join(config.root.path, 'bin/garbage'), 'garbage', { mode: 0o755 });
    change(config);
  });
  const outcome = await world.call('run', '--bundle', bundle, id);
  return normalize(outcome, id, bundle);
}

agreement('the devices that a container may use are the same', async (t) => {
  const lists = [worlds.theirs, worlds.ours].map(async (world) => {
    const id = world.id();
    const script = 'cat /sys/fs/cgroup/devices/devices.list';
    const bundle = world.bundle((config) => {
      config.process.args = ['sh', '-c', script];
    });
    return (await world.ok('run', '--bundle', bundle, id)).trim().split('\n').sort();
  });
  const [theirs, ours] = await Promise.all(lists);
  t.deepEqual(
    ours,
    theirs?.filter((line) => line !== 'c 10:200 rwm'),
  );
});

agreement('features have the same form', async (t) => {
  const [theirs, ours] = await Promise.all(
    [worlds.theirs, worlds.ours].map(async (world) => JSON.parse(await world.ok('features')) as { linux: object }),
  );
  t.deepEqual(Object.keys(ours ?? {}), Object.keys(theirs ?? {}));
  t.deepEqual(Object.keys(ours?.linux ?? {}), Object.keys(theirs?.linux ?? {}));
});
