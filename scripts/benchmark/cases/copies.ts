// cp in both directions and export, of a tree of 200 MB in files of all sizes.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noise } from '../../../test/helpers/noise.ts';
import type { Engine, Ground } from '../ground.ts';
import { type Contender, interleave } from '../measure.ts';
import { compared, type Row } from '../result.ts';

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
  const contest = async (name: string, verb: (holder: Holder) => Contender): Promise<Row[]> =>
    compared(`${name} of a tree of 200 MB`, await interleave(holders.map(verb), rounds, 1), {
      command: name,
      atMost: ASKED,
    });
  const target = join(ground.work, 'copied');
  const rows = [
    ...(await contest('export', ({ name, docker, id }) => ({
      name,
      run: async () => void (await docker.ok(['export', '-o', join(ground.work, 'exported.tar'), id])),
    }))),
    ...(await contest('cp out', ({ name, docker, id }) => ({
      name,
      prepare: async () => rmSync(target, { recursive: true, force: true }),
      run: async () => void (await docker.ok(['cp', `${id}:/tree`, target])),
    }))),
    ...(await contest('cp in', ({ name, docker, id }) => ({
      name,
      run: async () => void (await docker.ok(['cp', tree, `${id}:/again`])),
    }))),
  ];
  for (const { docker, id } of holders) await docker.ok(['rm', '-f', id]);
  return rows;
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
