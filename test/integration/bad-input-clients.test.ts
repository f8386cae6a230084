// Clients that are killed in the middle: what they began ends or stays as with Docker, and the daemon keeps nothing for them:
// no descriptor, process, file, row, or anything on the host. Needs root.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { busyboxEntries } from '../helpers/busybox.ts';
import { type Daemon, startDaemon } from '../helpers/daemon.ts';
import type { DockerCli } from '../helpers/docker-cli.ts';
import { makeImage } from '../helpers/image.ts';
import { noise } from '../helpers/noise.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { pushImage } from '../helpers/push.ts';
import { startRegistry } from '../helpers/registry.ts';
import { engineState, leftSince, openDescriptors } from '../helpers/residue.ts';
import { makeTar } from '../helpers/tar.ts';
import { waitFor } from '../helpers/wait.ts';
import { startFaultyRegistry } from './faulty-registry.ts';

const suite = suiteOwner(test);
const IMAGE = 'tsker/busybox';
let daemon: Daemon;

test.before(async () => {
  daemon = await startDaemon(suite);
  await daemon.tsker.ok(['pull', IMAGE]);
  await daemon.tsker.ok(['run', '--rm', IMAGE, 'true']);
});

interface Client {
  readonly process: ChildProcess;
  shown(): string;
}

/** A client on pipes, whose stdin stays open. */
function start(t: ExecutionContext, cli: DockerCli, args: readonly string[]): Client {
  const [file = '', ...words] = cli.path.split(' ');
  const process = spawn(file, [...words, ...args], { env: cli.env, stdio: 'pipe' });
  t.teardown(() => void process.kill('SIGKILL'));
  const chunks: Buffer[] = [];
  process.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  process.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { process, shown: () => Buffer.concat(chunks).toString() };
}

/** Runs `body` between two looks at the engine, which have to be the same. */
async function assertNothingKept(t: ExecutionContext, body: () => Promise<void>): Promise<void> {
  const state = await engineState(daemon);
  const descriptors = openDescriptors(daemon.pid);
  await body();
  t.deepEqual(await leftSince(daemon, state), []);
  await waitFor(
    `${descriptors} descriptors, not ${openDescriptors(daemon.pid)}`,
    () => openDescriptors(daemon.pid) <= descriptors,
  ).catch((error: Error) => t.fail(error.message));
}

async function running(name: string): Promise<boolean> {
  const { code, stdout } = await daemon.tsker.run(['inspect', '-f', '{{.State.Running}}', name]);
  return code === 0 && stdout.trim() === 'true';
}

const CLIENTS: readonly (readonly [string, () => DockerCli])[] = [
  ['tsker', () => daemon.tsker],
  ['docker', () => daemon.docker()],
];

for (const [client, cli] of CLIENTS) {
  test.serial(
    `${client} run -it, killed: the container goes on without it and can be attached to and removed`,
    async (t) => {
      await assertNothingKept(t, async () => {
        const name = `killed-${client}`;
        const terminal = cli().terminal(t, ['run', '-it', '--name', name, IMAGE, 'sh']);
        terminal.type('echo rea$(echo dy)\n');
        await terminal.expect(/ready/);
        killInside(terminal.pid);
        await terminal.exited;
        t.true(await running(name));
        const again = cli().terminal(t, ['attach', name]);
        again.type('echo back-$((40 + 2)); exit 7\n');
        await again.expect(/back-42/);
        t.is(await again.exited, 7);
        await daemon.tsker.ok(['rm', name]);
      });
    },
  );

  test.serial(
    `${client} run -i --rm, killed: the end of its input ends the program, and the container goes`,
    async (t) => {
      await assertNothingKept(t, async () => {
        const { process, shown } = start(t, cli(), ['run', '-i', '--rm', IMAGE, 'cat']);
        process.stdin?.write('hello\n');
        await waitFor('the echo', () => shown().includes('hello'));
        process.kill('SIGKILL');
      });
    },
  );

  test.serial(`${client} run of a program that writes without end, killed`, async (t) => {
    await assertNothingKept(t, async () => {
      const name = `writer-${client}`;
      const { process, shown } = start(t, cli(), [
        'run',
        '--name',
        name,
        IMAGE,
        'sh',
        '-c',
        'while echo line; do :; done',
      ]);
      await waitFor('lines', () => shown().length > 10_000);
      process.kill('SIGKILL');
      await waitFor('the client to be gone', () => process.signalCode !== null);
      t.true(await running(name));
      await daemon.tsker.ok(['rm', '-f', name]);
    });
  });

  test.serial(`${client} logs -f, events and wait, killed`, async (t) => {
    // A program that writes from time to time without having children: they would come and go between two looks.
    await daemon.tsker.ok(['run', '-d', '--name', 'watched', IMAGE, 'ping', '-i', '0.2', '127.0.0.1']);
    t.teardown(() => daemon.tsker.run(['rm', '-f', 'watched']));
    await assertNothingKept(t, async () => {
      const logs = start(t, cli(), ['logs', '-f', 'watched']);
      const events = start(t, cli(), ['events']);
      const wait = start(t, cli(), ['wait', 'watched']);
      await waitFor('the first lines', () => logs.shown().split('seq=').length > 3);
      for (const { process } of [logs, events, wait]) process.kill('SIGKILL');
    });
  });

  test.serial(`${client} pull, killed: the pull ends, and the next one works`, async (t) => {
    const registry = await startRegistry(t);
    const image = makeImage({
      layers: [{ entries: await busyboxEntries() }, { entries: [{ path: 'big', content: noise(client, 3_000_000) }] }],
    });
    await pushImage(image, { url: registry.url, name: 'slow', tag: 'latest' });
    const digest = image.layers[1]?.digest ?? '';
    let held = 0;
    const faulty = await startFaultyRegistry(t, registry.url, ({ path, pass }) => {
      if (!path.endsWith(digest) || held > 0) return false;
      // The first bytes come, and then nothing more.
      pass((chunk, offset) => {
        held += 1;
        return offset > 200_000 ? Buffer.alloc(0) : chunk;
      });
      return true;
    });
    await assertNothingKept(t, async () => {
      const { process } = start(t, cli(), ['pull', `${faulty.host}/slow`]);
      await waitFor('the layer to be on its way', () => held > 3);
      process.kill('SIGKILL');
    });
    await daemon.tsker.ok(['pull', `${faulty.host}/slow`]);
    t.is(await daemon.tsker.ok(['run', '--rm', `${faulty.host}/slow`, 'wc', '-c', '/big']), '3000000 /big');
    await daemon.tsker.ok(['rmi', `${faulty.host}/slow`]);
  });
}

test.serial('load and import, killed half-way', async (t) => {
  for (const args of [['load'], ['import', '-', 'half']]) {
    await assertNothingKept(t, async () => {
      const { process } = start(t, daemon.tsker, args);
      process.stdin?.on('error', () => undefined);
      process.stdin?.write(Buffer.concat([headerOf('big', 50_000_000), Buffer.alloc(2_000_000, 1)]));
      await waitFor('the client to have sent it', () => (process.stdin?.writableLength ?? 0) === 0);
      process.kill('SIGKILL');
      await waitFor('the client to be gone', () => process.signalCode !== null);
    });
  }
});

test.serial('a client that is killed while its container is created or started', async (t) => {
  await assertNothingKept(t, async () => {
    for (let delay = 0; delay < 120; delay += 8) {
      const { process } = start(t, daemon.tsker, ['run', '--rm', IMAGE, 'sleep', '0.2']);
      await new Promise((resolve) => setTimeout(resolve, delay));
      process.kill('SIGKILL');
    }
    // Killed between create and start, the container stays, as with Docker: nobody else knows that it is not wanted.
    await waitFor('what was started to end', async () => (await daemon.tsker.ok(['ps', '-q'])) === '');
    const left = (await daemon.tsker.ok(['ps', '-aq', '--filter', 'status=created']))
      .split('\n')
      .filter((id) => id !== '');
    if (left.length > 0) await daemon.tsker.ok(['rm', ...left]);
    t.is(await daemon.tsker.ok(['ps', '-aq']), '');
  });
});

/** terminal_holder.py's child is the client. */
function killInside(holder: number): void {
  const children = readFileSync(`/proc/${holder}/task/${holder}/children`, 'utf8');
  for (const pid of children.trim().split(' ')) process.kill(Number(pid), 'SIGKILL');
}

/** A tar header that promises more than will come. */
function headerOf(path: string, size: number): Buffer {
  const header = makeTar([{ path, content: '' }]).subarray(0, 512);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}
