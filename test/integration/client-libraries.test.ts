// Programs that use Docker through a library (docker-py, dockerode, testcontainers with its reaper), run on tsker and on the reference
// engine: what they saw has to be the same. Needs: root, dockerd, gcc, python3-docker, test/clients installed by scripts/prepare.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { DOCKER_PY, DOCKERODE, TESTCONTAINERS } from '../clients/differences.ts';
import { makeImage } from '../helpers/image.ts';
import { type Needs, needing } from '../helpers/needs.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { HAS_REFERENCE } from '../helpers/reference-docker.ts';
import { ok } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { type Accepted, compare, judge, type Step, stepOf } from '../helpers/transcript.ts';
import { type ClientEngine, loadImage, startTwoEngines } from '../helpers/two-engines.ts';
import { waitFor } from '../helpers/wait.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
const CLIENTS = join(import.meta.dirname, '../clients');
const REAPER = join(import.meta.dirname, '../fixtures/clients/reaper/reaper.c');
/** Debian's, with Debian's docker-py. */
const PYTHON = '/usr/bin/python3';

const engines = HAS_REFERENCE ? startTwoEngines(suite) : undefined;

interface Told {
  readonly step: string;
  readonly value: unknown;
}

/** Runs a program of test/clients to its end; a step for each line of JSON, and one for how it ended. */
async function transcriptOf(
  engine: ClientEngine,
  argv: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Step[]> {
  const { code, stdout, stderr } = await engine.run(argv, { cwd: CLIENTS, env });
  const told = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Told);
  const steps = told.map(({ step, value }) => {
    const text = JSON.stringify(value, undefined, 1);
    return stepOf(step, { code: 0, stdout: text, stderr: '' }, { ordered: true });
  });
  return [...steps, stepOf('the end', { code, stdout: '', stderr: code === 0 ? '' : stderr })];
}

async function agree(
  t: ExecutionContext,
  argv: readonly string[],
  options: { readonly table: readonly Accepted[]; readonly env?: NodeJS.ProcessEnv },
): Promise<void> {
  if (engines === undefined) return t.fail('there is no reference engine');
  const { tsker, docker } = await engines;
  const theirs = await transcriptOf(docker, argv, options.env);
  const ours = await transcriptOf(tsker, argv, options.env);
  t.is(theirs.at(-1)?.code, 0, theirs.at(-1)?.lines.join('\n'));
  const { unexplained, stale } = judge(compare(ours, theirs), options.table);
  t.deepEqual(unexplained, []);
  t.deepEqual(stale, []);
}

function check(title: string, needs: Needs, body: (t: ExecutionContext) => Promise<void>): void {
  needing(test.serial, { dockerd: HAS_REFERENCE, ...needs })(title, body);
}

const installed = existsSync(join(CLIENTS, 'node_modules/testcontainers'));
const npm = { 'the packages of test/clients (scripts/prepare test)': installed };

check('docker-py', { 'python3-docker': existsSync('/usr/lib/python3/dist-packages/docker') }, async (t) => {
  t.timeout(240_000);
  await agree(t, [PYTHON, join(CLIENTS, 'docker-py.py')], { table: DOCKER_PY });
});

check('dockerode', npm, async (t) => {
  t.timeout(240_000);
  await agree(t, [process.execPath, join(CLIENTS, 'dockerode.mjs')], { table: DOCKERODE });
});

check('testcontainers, and its reaper takes away what a suite left', npm, async (t) => {
  t.timeout(240_000);
  if (engines === undefined) return t.fail('there is no reference engine');
  const { tsker, docker } = await engines;
  const program = join(tempdir(t, 'reaper'), 'reaper');
  await ok(['gcc', '-O1', '-static', '-o', program, REAPER]);
  const image = makeImage({
    layers: [{ entries: [{ path: 'reaper', content: readFileSync(program), mode: 0o755 }] }],
    config: { Cmd: ['/reaper'], ExposedPorts: { '8080/tcp': {} } },
  });
  for (const { socket } of [tsker, docker]) await loadImage(socket, image, 'test/reaper:1');
  const env = {
    RYUK_CONTAINER_IMAGE: 'test/reaper:1',
    TESTCONTAINERS_RYUK_RECONNECTION_TIMEOUT: '1',
    TESTCONTAINERS_HOST_OVERRIDE: '127.0.0.1',
  };
  await agree(t, [process.execPath, join(CLIENTS, 'testcontainers.mjs')], { table: TESTCONTAINERS, env });
  for (const { name, cli } of [tsker, docker]) {
    const left = async (): Promise<string> => {
      const containers = await cli.ok(['ps', '-aq', '-f', 'name=tc-web']);
      return containers + (await cli.ok(['network', 'ls', '-q', '-f', 'label=org.testcontainers.session-id']));
    };
    await waitFor(`the reaper on ${name}`, async () => (await left()) === '', { timeout: 30_000 });
    t.pass();
  }
});
