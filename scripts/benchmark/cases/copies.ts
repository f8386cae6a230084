// cp in both directions and export, of a tree of 200 MB in files of all sizes.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DockerCli } from '../../../test/helpers/docker-cli.ts';
import { noise } from '../../../test/helpers/noise.ts';
import { ok } from '../../../test/helpers/run.ts';
import type { Engine, Ground } from '../ground.ts';
import { type Contender, interleave } from '../measure.ts';
import { type Row, rowOf, seriesOf } from '../result.ts';

const ASKED = 0.6;

/** Files of each size in kB: 200 MB. */
const FILES: readonly (readonly [count: number, kilobytes: number])[] = [
  [2000, 4],
  [500, 64],
  [60, 1000],
  [1, 100_000],
];

export async function copies(ground: Ground, given: number): Promise<Row[]> {
  const tree = join(ground.work, 'tree');
  writeTree(tree);
  const rounds = Math.max(3, given >> 2);
  const holders = await Promise.all(ground.engines.map((engine) => holderOf(engine, ground.image, tree)));
  // Out goes into memory: making files on a disk that has just lost as many takes ext4 longer than all the rest.
  const memory = join(ground.work, 'memory');
  mkdirSync(memory);
  await ok(['mount', '-t', 'tmpfs', '-o', 'size=512m', 'tsker-bench', memory]);
  const target = join(memory, 'copied');
  const exported = join(ground.work, 'exported.tar');
  const verbs: readonly Verb[] = [
    // To a new name: over a file that is there ext4 writes out all of the new one before it takes the old one's place.
    { name: 'export', words: (id) => ['export', '-o', exported, id], clear: exported },
    { name: 'cp out, into memory,', words: (id) => ['cp', `${id}:/tree`, target], clear: target },
    { name: 'cp in', words: (id) => ['cp', tree, `${id}:/again`] },
  ];
  const rows: Row[] = [];
  for (const verb of verbs) rows.push(...(await contest(verb, holders, { rounds, disk: ground.work })));
  for (const { docker, id } of holders) await docker.ok(['rm', '-f', id]);
  await ok(['umount', memory]);
  return rows;
}

interface Verb {
  readonly name: string;
  readonly words: (id: string) => string[];
  /** What is removed before each run. */
  readonly clear?: string;
}

/** Half of a copy is its client's work: each engine by its own command line, and docker's with both. */
async function contest(
  { name, words, clear }: Verb,
  holders: readonly Holder[],
  { rounds, disk }: { readonly rounds: number; readonly disk: string },
): Promise<Row[]> {
  const contender = (title: string, cli: DockerCli, id: string): Contender => ({
    name: title,
    prepare: async () => {
      if (clear !== undefined) rmSync(clear, { recursive: true, force: true });
      // Nobody is to write back what another has left: who unmounts an overlay writes back all of the disk.
      await ok(['sync', '-f', disk]);
    },
    run: async () => void (await cli.ok(words(id))),
  });
  const contenders = holders.flatMap(({ name: engine, cli, docker, id }) => [
    contender(engine, cli, id),
    ...(cli === docker ? [] : [contender(`docker on ${engine}`, docker, id)]),
  ]);
  const all = await interleave(contenders, rounds, 1);
  const reference = seriesOf(all, 'docker');
  const what = `${name} of a tree of 200 MB`;
  const against = `docker ${name.split(',')[0]}`;
  return [
    rowOf(`${what}, tsker's CLI`, { own: seriesOf(all, 'tsker'), reference, against, atMost: ASKED }),
    rowOf(`${what}, docker's CLI`, { own: seriesOf(all, 'docker on tsker'), reference, against }),
  ];
}

interface Holder extends Engine {
  readonly id: string;
}

async function holderOf(engine: Engine, image: string, tree: string): Promise<Holder> {
  const id = await engine.docker.ok(['create', image, 'true']);
  await engine.docker.ok(['cp', tree, `${id}:/tree`]);
  return { ...engine, id };
}

function writeTree(root: string): void {
  for (const [count, kilobytes] of FILES) {
    const directory = join(root, `${kilobytes}k`);
    mkdirSync(directory, { recursive: true });
    for (let index = 0; index < count; index += 1) {
      writeFileSync(join(directory, `file-${index}`), noise(`${kilobytes}-${index}`, kilobytes * 1000));
    }
  }
}
