// The same question through the docker CLI and through tsker must read the same: tables, templates, JSON, logs, events.
// Needs: root, Debian's dockerd, the docker CLI.
import anyTest, { type TestFn } from 'ava';
import { dockerClis } from '../helpers/docker-cli.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { type CliEngine, startEngine } from './cli-engine.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
let engine: CliEngine | undefined;

test.before('an engine with containers of every kind', async () => {
  engine = await startEngine(suite, 'docker');
  const { tsker } = engine;
  await tsker.ok([
    'run',
    '-d',
    '--name',
    'web',
    '-l',
    'tier=front',
    '-p',
    '127.0.0.1:8080:80',
    'busybox',
    'sleep',
    '600',
  ]);
  await tsker.run([
    'run',
    '--name',
    'job',
    'busybox',
    'sh',
    '-c',
    'echo out; echo a command line that is long; exit 3',
  ]);
  await tsker.ok(['create', '--name', 'idle', '-v', '/tmp:/mnt', 'busybox', 'sh']);
});

/** Words between spaces; `␣` is a space inside one. */
const QUESTIONS: readonly string[] = [
  'ps',
  'ps -a',
  'ps -aq',
  'ps -a --no-trunc',
  'ps -as',
  'ps -n 1',
  'ps -l',
  'ps -a -f status=exited',
  'ps -a -f label=tier=front -f name=web',
  'ps -a --format {{.ID}}:{{.Names}}:{{.Ports}}:{{.Mounts}}:{{.Networks}}',
  'ps -a --format table␣{{.Names}}\\t{{.Status}}\\t{{.Label␣"tier"}}\\t{{.Size}}',
  'ps -a --format table␣{{upper␣.Names}}\\t{{.State}}',
  'container ls -a --format {{json␣.Names}}',
  'images',
  'images -q --no-trunc',
  'images --digests',
  'images --format {{.Repository}}:{{.Tag}}={{.Size}}',
  'images nosuch',
  'inspect web',
  'inspect job idle',
  'inspect --type image busybox',
  'inspect -s -f {{.SizeRw}} web',
  'inspect -f {{.State.Status}}␣{{.NetworkSettings.IPAddress}} web',
  'inspect -f {{json␣.Config.Labels}} web',
  'inspect -f {{range␣$name,␣$net␣:=␣.NetworkSettings.Networks}}{{$name}}={{$net.IPPrefixLen}}{{end}} web',
  'inspect -f {{range␣.Mounts}}{{.Source}}->{{.Destination}}␣{{end}} idle',
  'inspect -f {{if␣.State.Running}}up{{else}}down␣{{.State.ExitCode}}{{end}} job',
  'inspect -f {{index␣.Config.Cmd␣0}}␣{{len␣.Config.Cmd}}␣{{join␣.Config.Cmd␣"+"}} job',
  'inspect -f {{index␣(index␣.NetworkSettings.Ports␣"80/tcp")␣0}}{{with␣.HostConfig}}{{.NetworkMode}}{{end}} web',
  'inspect -f {{.Config.Labels.nothing}} web',
  'inspect nosuch',
  'image inspect busybox',
  'container inspect busybox',
  'logs job',
  'logs --tail 1 job',
  'logs -t job',
  'logs nosuch',
  'wait job',
  'kill job',
  'events --since 10m --until 0s',
  'events --since 10m --until 0s -f event=die --format {{.Actor.Attributes.exitCode}}␣{{.Action}}',
  'version --format {{.Server.Version}}',
  'info --format {{.Driver}}␣{{.NCPU}}',
];

/** Docker's CLI before 23 did not know that `json` alone is a format. */
const NEW_QUESTIONS = ['inspect --format json web', 'events --since 10m --until 0s -f type=image --format json'];

for (const question of [...QUESTIONS, ...(dockerClis().includes('new') ? NEW_QUESTIONS : [])]) {
  test.serial(`it reads the same: ${question.replaceAll('␣', ' ')}`, async (t) => {
    if (engine === undefined) return t.fail('the engine did not start');
    const args = question.split(' ').map((word) => word.replaceAll('␣', ' '));
    const theirs = await engine.docker.run(args);
    const ours = await engine.tsker.run(args);
    t.is(ours.code, theirs.code, `${ours.stderr}\n${theirs.stderr}`);
    t.is(settled(ours.stdout), settled(theirs.stdout));
    t.is(ours.stderr === '', theirs.stderr === '');
  });
}

/** The two ask a moment apart: what is counted in seconds may have moved on, and the width of its column with it. */
function settled(text: string): string {
  return text
    .replace(/(\d+ (seconds?|minutes?)|Less than a second|About a minute)( ago)?/g, 'a while$3')
    .replace(/ {2,}/g, '  ');
}
