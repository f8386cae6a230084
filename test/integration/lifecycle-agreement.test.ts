// The same life, lived in a Docker Engine and in tsker: what the docker command line prints, its exit codes, and the events
// have to be the same, to the order.
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { EventMessage } from '../../src/types/event.ts';
import { dockerArchive } from '../helpers/archive.ts';
import { busyboxImage } from '../helpers/busybox.ts';
import type { DockerCli } from '../helpers/docker-cli.ts';
import { call } from '../helpers/http.ts';
import { needing } from '../helpers/needs.ts';
import { HAS_REFERENCE, startDocker } from '../helpers/reference-docker.ts';
import { waitFor } from '../helpers/wait.ts';
import { startWithBusybox } from './daemon.harness.ts';

const OBEDIENT = ['sh', '-c', 'trap "exit 3" TERM; echo ready; while :; do sleep 0.1; done'];
const SLEEP = ['sleep', '100000'];

/** `ready <container> [times]` and `until <container> <template> <value>` look until it is so; all else is a command line. */
const STEPS: readonly (readonly string[])[] = [
  ['run', '-d', '--name', 'one', '--label', 'l=v', 'busybox', ...OBEDIENT],
  ['ready', 'one'],
  ['stop', 'one'],
  ['start', 'one'],
  ['ready', 'one', '2'],
  ['restart', '-t', '10', 'one'],
  ['kill', 'one'],
  ['start', 'one'],
  ['rename', 'one', 'uno'],
  ['rename', 'uno', 'uno'],
  ['rename', 'uno', 'no name'],
  ['rm', '-f', 'uno'],
  ['run', '-d', '--rm', '--name', 'two', 'busybox', ...OBEDIENT],
  ['ready', 'two'],
  ['stop', 'two'],
  ['run', '-d', '--name', 'box', 'busybox', ...SLEEP],
  ['exec', 'box', 'sh', '-c', 'echo out; exit 4'],
  ['exec', '-u', '5:7', '-w', '/tmp', '-e', 'A=b', 'box', 'sh', '-c', 'id; pwd; echo $A'],
  ['exec', '-t', 'box', 'tty'],
  ['pause', 'box'],
  ['exec', 'box', 'true'],
  ['unpause', 'box'],
  // Of a program that takes no TERM: who heeds it would be quicker than the KILL, or not.
  ['restart', '-t', '0', 'box'],
  ['kill', '-s', 'USR1', 'box'],
  ['kill', 'box'],
  ['wait', 'box'],
  ['run', '-d', '--name', 'again', '--restart', 'on-failure:2', 'busybox', 'sh', '-c', 'exit 5'],
  ['until', 'again', '{{.RestartCount}} {{.State.Status}}', '2 exited'],
  ['inspect', '-f', '{{.State.ExitCode}} {{.State.Restarting}} {{.State.Running}} {{.State.Pid}}', 'again'],
  [
    'run',
    '-d',
    '--name',
    'ill',
    '--health-cmd',
    'exit 1',
    '--health-interval',
    '1s',
    '--health-retries',
    '1',
    'busybox',
    ...SLEEP,
  ],
  ['until', 'ill', '{{.State.Health.Status}}', 'unhealthy'],
  ['inspect', '-f', '{{len .State.Health.Log}} {{(index .State.Health.Log 0).ExitCode}}', 'ill'],
  ['kill', 'ill'],
  ['inspect', '-f', '{{.State.Health.Status}}', 'ill'],
  ['rm', 'box'],
  ['rm', 'again'],
  ['rm', 'ill'],
];

interface Engine {
  readonly cli: DockerCli;
  readonly socket: string;
}

const normalize = (text: string): string =>
  text.replace(/\b[0-9a-f]{64}\b/g, 'ID').replace(/\b[0-9a-f]{12}\b/g, 'SHORT');

async function live({ cli, socket }: Engine): Promise<{ printed: string[]; events: string[] }> {
  const since = Date.now() / 1000;
  const printed: string[] = [];
  for (const step of STEPS) {
    const [word = '', name = '', template = '', value = ''] = step;
    if (word === 'ready') {
      const said = Array.from({ length: Number(template || 1) }, () => 'ready').join('\n');
      await waitFor(said, async () => (await cli.ok(['logs', name])) === said);
    } else if (word === 'until') {
      await waitFor(value, async () => (await cli.ok(['inspect', '-f', template, name])) === value, {
        timeout: 30_000,
      });
    } else {
      const { code, stdout, stderr } = await cli.run(step);
      printed.push(normalize(`${step.join(' ')}\n${stdout}${stderr}=> ${code}`));
    }
  }
  await sleep(500);
  const answer = await call({
    target: socket,
    method: 'GET',
    path: `/events?since=${since}&until=${Date.now() / 1000}`,
  });
  const all = answer.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as EventMessage);
  return { printed, events: all.filter(({ Type }) => Type !== 'image').map(describe) };
}

/** What later engines tell besides is left out. */
function describe({ Type, Action, Actor }: EventMessage): string {
  const { execDuration: _, ...attributes } = Actor.Attributes;
  const sorted = Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return normalize(`${Type} ${Action.trim()} ${JSON.stringify(sorted)}`);
}

needing(test, { dockerd: HAS_REFERENCE })(`a life in Docker and in tsker`, async (t) => {
  t.timeout(240_000);
  const daemon = await startWithBusybox(t);
  const docker = await startDocker(t);
  const image = await busyboxImage({ config: { Labels: { made: 'for tests' }, ExposedPorts: { '80/tcp': {} } } });
  const body = dockerArchive(image, ['busybox:latest']);
  await call({ target: docker.socket, method: 'POST', path: '/images/load', body });
  const theirs = await live({ cli: docker.cli, socket: docker.socket });
  const ours = await live({ cli: daemon.docker('old'), socket: daemon.socket });
  t.deepEqual(ours.printed, theirs.printed);
  t.deepEqual(ours.events, theirs.events);
});
