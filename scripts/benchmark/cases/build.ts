// Builds: twenty steps cold and from the cache, a context of 20,000 files, three stages that do not need each other. tsker by its own
// command line and by the docker CLI, beside the classic builder; cached, also both engines' APIs by one client.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DockerCli } from '../../../test/helpers/docker-cli.ts';
import { makeTar } from '../../../test/helpers/tar.ts';
import type { Ground } from '../ground.ts';
import { type Contender, fewer, interleave, type Series } from '../measure.ts';
import type { Row } from '../result.ts';

const STEPS = 20;
const FILES = 20_000;

interface Builder {
  readonly name: string;
  readonly cli: DockerCli;
}

/** What is asked: of tsker's own command line, of the docker CLI on tsker; undefined: for information. */
interface Contest {
  readonly name: string;
  readonly context: string;
  readonly cached?: boolean;
  readonly own?: number;
  readonly docker?: number;
}

export async function build(ground: Ground, given: number): Promise<Row[]> {
  const context = writeContext(join(ground.work, 'build-steps'), stepsOf(ground.image));
  const rounds = fewer(given);
  return [
    ...(await compete(ground, { name: `build of ${STEPS} steps, cold`, context, own: 0.35, docker: 0.35 }, rounds)),
    // Half of what the other builder takes is as long as Node takes to start: what is asked is asked of the daemon.
    ...(await compete(ground, { name: `build of ${STEPS} steps, cached`, context, cached: true }, given)),
    await cachedByApi(ground, given),
  ];
}

export async function buildContext(ground: Ground, given: number): Promise<Row[]> {
  const context = writeContext(join(ground.work, 'build-files'), `FROM ${ground.image}\nCOPY . /all\n`, FILES);
  const name = `build with a context of ${FILES} files`;
  return await compete(ground, { name, context, own: 0.5 }, fewer(given));
}

export async function buildStages(ground: Ground, given: number): Promise<Row[]> {
  const context = writeContext(join(ground.work, 'build-stages'), stagesOf(ground.image));
  return await compete(ground, { name: 'build of three stages', context, own: 0.25, docker: 0.25 }, fewer(given));
}

async function compete(ground: Ground, { name, context, cached, own, docker }: Contest, rounds: number) {
  const builders: readonly Builder[] = [
    { name: 'tsker', cli: ground.tsker.cli },
    { name: 'docker on tsker', cli: ground.tsker.docker },
    { name: 'docker', cli: ground.reference.docker },
  ];
  const contenders = builders.map((one) => building(one, context, cached === true));
  const [mine, theirs, reference] = await interleave(contenders, rounds, 1);
  if (mine === undefined || theirs === undefined || reference === undefined)
    throw new Error('all three must have built');
  return [
    row(`${name}, tsker's CLI`, mine, { reference, atMost: own }),
    row(`${name}, docker's CLI`, theirs, { reference, atMost: docker }),
  ];
}

/** The classic builder everywhere. */
function building({ name, cli }: Builder, context: string, cached: boolean): Contender {
  const args = ['build', '-q', ...(cached ? [] : ['--no-cache']), context];
  return { name, run: async () => void (await cli.ok(args, { env: { DOCKER_BUILDKIT: '0' } })) };
}

/** POST /build with a small archive, all of whose steps are in the cache, over one kept connection. */
async function cachedByApi({ engines, image }: Ground, rounds: number): Promise<Row> {
  const archive = makeTar([{ path: 'Dockerfile', content: stepsOf(image) }]);
  const contenders = engines.map(({ name, api }) => ({
    name,
    run: async () => void (await api.call('POST', '/build?rm=1', archive)),
  }));
  const [own, reference] = await interleave(contenders, rounds, 3);
  if (own === undefined || reference === undefined) throw new Error('both must have built');
  return row(`API build of ${STEPS} steps, cached`, own, { reference, atMost: 0.3 });
}

function row(
  name: string,
  own: Series,
  { reference, atMost }: { readonly reference: Series; readonly atMost: number | undefined },
): Row {
  return {
    ...{ name, unit: 'ms', tsker: own.median, reference: reference.median, against: 'docker build' },
    ...(atMost === undefined ? {} : { atMost }),
    samples: { tsker: own.samples, reference: reference.samples },
  };
}

function stepsOf(image: string): string {
  const runs = Array.from(
    { length: STEPS / 2 },
    (_, index) => `RUN echo ${index} >/file-${index}\nENV STEP_${index}=x`,
  );
  return `FROM ${image}\n${runs.join('\n')}\n`;
}

/**
 * Three stages of four small commands, and a fourth that takes a file of each. Like an installation or a test, a command
 * works a little (fifty files, a digest of them) and waits a little (0.25 s, for a network or a disk): a stage waits one
 * second in all, and everything else in the figure is the engines' and the commands' own.
 */
function stagesOf(image: string): string {
  const command = (name: string, step: number): string => {
    const place = `/${name}/${step}`;
    return `RUN mkdir -p ${place} && for i in $(seq 50); do echo $i >${place}/$i; done && sleep 0.25 && cat ${place}/* | sha256sum >>/${name}/sum`;
  };
  const stage = (name: string): string =>
    [`FROM ${image} AS ${name}`, ...[1, 2, 3, 4].map((step) => command(name, step))].join('\n');
  const copies = ['a', 'b', 'c'].map((name) => `COPY --from=${name} /${name}/sum /${name}`);
  return `${['a', 'b', 'c'].map(stage).join('\n')}\nFROM ${image}\n${copies.join('\n')}\n`;
}

function writeContext(directory: string, dockerfile: string, files = 0): string {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'Dockerfile'), dockerfile);
  for (let index = 0; index < files; index += 1) {
    const folder = join(directory, `d${index % 100}`);
    if (index < 100) mkdirSync(folder);
    writeFileSync(join(folder, `f${index}`), `file ${index}\n`.repeat(1 + (index % 50)));
  }
  return directory;
}
