// Builds: twenty steps cold and from the cache, a context of 20,000 files, three stages that do not need each other. tsker by its own
// command line and by the docker CLI, beside the classic builder.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DockerCli } from '../../../test/helpers/docker-cli.ts';
import type { Ground } from '../ground.ts';
import { type Contender, interleave, type Series } from '../measure.ts';
import type { Row } from '../result.ts';

const STEPS = 20;
const FILES = 20_000;

interface Builder {
  readonly name: string;
  readonly cli: DockerCli;
}

export async function build(ground: Ground, given: number): Promise<Row[]> {
  const rounds = Math.max(3, given >> 2);
  const builders: Builder[] = [
    { name: 'tsker', cli: ground.tsker.cli },
    { name: 'docker on tsker', cli: ground.tsker.docker },
    { name: 'docker', cli: ground.reference.docker },
  ];
  const work = join(ground.work, 'build');
  const steps = writeContext(join(work, 'steps'), stepsOf(ground.image));
  const stages = writeContext(join(work, 'stages'), stagesOf(ground.image));
  const files = writeContext(join(work, 'files'), `FROM ${ground.image}\nCOPY . /all\n`, FILES);
  const contest = async (name: string, context: string, { cached, atMost }: Contest): Promise<Row[]> =>
    rowsOf(
      name,
      await interleave(
        builders.map((one) => building(one, context, cached)),
        rounds,
        1,
      ),
      atMost,
    );
  return [
    ...(await contest(`build of ${STEPS} steps, cold`, steps, { cached: false, atMost: 0.35 })),
    ...(await contest(`build of ${STEPS} steps, cached`, steps, { cached: true, atMost: 0.3 })),
    ...(await contest(`build with a context of ${FILES} files`, files, { cached: false, atMost: 0.5 })),
    ...(await contest('build of three stages', stages, { cached: false, atMost: 0.25 })),
  ];
}

interface Contest {
  readonly cached: boolean;
  readonly atMost: number;
}

/** The classic builder everywhere. */
function building({ name, cli }: Builder, context: string, cached: boolean): Contender {
  const args = ['build', '-q', ...(cached ? [] : ['--no-cache']), context];
  return { name, run: async () => void (await cli.ok(args, { env: { DOCKER_BUILDKIT: '0' } })) };
}

/** What is asked is asked of tsker's own command line; the docker CLI's row is for information. */
function rowsOf(name: string, [own, other, docker]: readonly Series[], atMost: number): Row[] {
  if (own === undefined || other === undefined || docker === undefined) throw new Error('all three must have built');
  const row = (label: string, series: Series): Row => ({
    ...{ name: label, unit: 'ms', tsker: series.median, reference: docker.median, against: 'docker build' },
    samples: { tsker: series.samples, reference: docker.samples },
  });
  return [{ ...row(name, own), atMost }, row(`${name}, docker's CLI`, other)];
}

function stepsOf(image: string): string {
  const runs = Array.from(
    { length: STEPS / 2 },
    (_, index) => `RUN echo ${index} >/file-${index}\nENV STEP_${index}=x`,
  );
  return `FROM ${image}\n${runs.join('\n')}\n`;
}

function stagesOf(image: string): string {
  const stage = (name: string): string => `FROM ${image} AS ${name}\nRUN sleep 2; echo ${name} >/${name}`;
  const copies = ['a', 'b', 'c'].map((name) => `COPY --from=${name} /${name} /`);
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
