// VS Code's dev container command line: a workspace brought up from an image, commands of its life, exec. On tsker and on the
// reference engine through Debian's docker CLI, and on tsker through tsker in docker's place. Needs: root, dockerd, test/clients.
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { DEVCONTAINER } from '../clients/differences.ts';
import { busyboxEntries } from '../helpers/busybox.ts';
import { tskerCommand } from '../helpers/daemon.ts';
import { DOCKER_CLIS } from '../helpers/docker-cli.ts';
import { makeImage } from '../helpers/image.ts';
import { needing } from '../helpers/needs.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { makeProgram } from '../helpers/program.ts';
import { HAS_REFERENCE } from '../helpers/reference-docker.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { compare, judge, type Step, stepOf } from '../helpers/transcript.ts';
import { type ClientEngine, loadImage, startTwoEngines } from '../helpers/two-engines.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
const PROGRAM = join(import.meta.dirname, '../clients/node_modules/@devcontainers/cli/devcontainer.js');
const PROJECT = join(import.meta.dirname, '../fixtures/clients/devcontainer');
const needs = { dockerd: HAS_REFERENCE, 'the packages of test/clients': existsSync(PROGRAM) };
const engines = HAS_REFERENCE && existsSync(PROGRAM) ? startTwoEngines(suite) : undefined;

test.before('an image to develop in', async () => {
  if (engines === undefined) return;
  // It asks for bash's /etc/os-release and a login shell; busybox has sh.
  const entries = [...(await busyboxEntries()), { path: 'etc/os-release', content: 'ID=busybox\nVERSION_ID=1\n' }];
  const image = makeImage({
    layers: [{ entries }],
    config: { Cmd: ['sh'], Env: ['PATH=/usr/bin:/bin:/usr/sbin:/sbin'] },
  });
  const { tsker, docker } = await engines;
  for (const { socket } of [tsker, docker]) await loadImage(socket, image, 'devbox:latest');
});

interface Options {
  readonly engine: ClientEngine;
  readonly workspace: string;
  /** The program that stands for docker. */
  readonly docker: string;
}

async function develop({ engine, workspace, docker }: Options): Promise<Step[]> {
  const steps: Step[] = [];
  const step = async (title: string, words: readonly string[], shown: (out: string) => string): Promise<void> => {
    const argv = [process.execPath, PROGRAM, ...words, '--workspace-folder', workspace, '--docker-path', docker];
    const { code, stdout, stderr } = await engine.run(argv);
    steps.push(stepOf(title, { code, stdout: shown(stdout), stderr: code === 0 ? '' : stderr }));
  };
  const outcome = (out: string): string => {
    const {
      outcome: how,
      remoteUser,
      remoteWorkspaceFolder,
    } = JSON.parse(out.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    return JSON.stringify({ how, remoteUser, remoteWorkspaceFolder });
  };
  const exec = (words: readonly string[]): string[] => ['exec', ...words];
  await step('up', ['up'], outcome);
  await step('up again finds it', ['up'], outcome);
  await step('up anew', ['up', '--remove-existing-container'], outcome);
  steps.push(
    stepOf('workspace', {
      code: 0,
      stdout: `${readdirSync(workspace).join(' ')}\n${readFileSync(join(workspace, 'on-create'), 'utf8')}`,
      stderr: '',
    }),
  );
  const run = async (title: string, ...command: readonly string[]): Promise<void> => {
    const argv = [
      process.execPath,
      PROGRAM,
      ...exec(['--workspace-folder', workspace, '--docker-path', docker, ...command]),
    ];
    steps.push(stepOf(title, await engine.run(argv)));
  };
  await run('exec', 'cat', 'README');
  await run('exec environment', 'sh', '-c', 'echo $FROM_CONTAINER $FROM_REMOTE; pwd; id -u');
  await run('exec of what was made', 'sh', '-c', 'cat /cache/a /cache/b /cache/started');
  await run('exec that fails', 'sh', '-c', 'exit 7');
  await run('exec of nothing', 'nosuch-program');
  steps.push(
    stepOf(
      'container',
      await engine.cli.run(['ps', '--format', '{{.Image}} {{.Label "of"}} {{.Label "devcontainer.local_folder"}}']),
    ),
  );
  await engine.cli.ok(['rm', '-f', await engine.cli.ok(['ps', '-aq'])]);
  await engine.cli.ok(['volume', 'rm', 'devcontainer-cache']);
  return steps;
}

needing(test.serial, needs)('the dev container CLI brings up a workspace', async (t) => {
  t.timeout(300_000);
  if (engines === undefined) return t.fail('there is no reference engine');
  const { tsker, docker } = await engines;
  const workspace = join(tempdir(t, 'workspace'), 'project');
  cpSync(PROJECT, workspace, { recursive: true });
  const theirs = await develop({ engine: docker, workspace, docker: DOCKER_CLIS.old });
  const ours = await develop({ engine: tsker, workspace, docker: DOCKER_CLIS.old });
  const program = makeProgram(tempdir(t, 'bin'), 'docker', `exec ${tskerCommand().join(' ')} "$@"`);
  const own = await develop({ engine: tsker, workspace, docker: program });
  t.is(theirs[0]?.code, 0, theirs[0]?.lines.join('\n'));
  const { unexplained, stale } = judge(compare(ours, theirs), DEVCONTAINER);
  t.deepEqual(unexplained, []);
  t.deepEqual(stale, []);
  t.deepEqual(own, ours, 'with tsker as its docker it is the same');
});
