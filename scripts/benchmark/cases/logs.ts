// Log throughput: a container that writes 200 MB of 80-byte lines as fast as it is taken from it, into the json-file log.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Engine, Ground } from '../ground.ts';
import { interleave } from '../measure.ts';
import type { Row } from '../result.ts';

const MEGABYTES = 200;

async function writeLines(path: string): Promise<void> {
  const out = createWriteStream(path);
  const megabyte = Buffer.from(`${'x'.repeat(79)}\n`.repeat(12_500));
  for (let written = 0; written < MEGABYTES; written += 1) {
    if (!out.write(megabyte)) await once(out, 'drain');
  }
  out.end();
  await finished(out);
}

export async function logs(ground: Ground, rounds: number): Promise<Row[]> {
  const path = join(ground.work, 'lines');
  await writeLines(path);
  const contender = (engine: Engine) => ({
    name: engine.name,
    run: () => engine.api.life(ground.image, ['cat', '/lines'], { NetworkMode: 'none', Binds: [`${path}:/lines:ro`] }),
  });
  const [tsker, docker] = await interleave(ground.engines.map(contender), Math.max(3, rounds >> 3), 1);
  if (tsker === undefined || docker === undefined) throw new Error('both engines must have logged');
  const rate = (milliseconds: number): number => MEGABYTES / (milliseconds / 1000);
  return [
    {
      ...{ name: 'log throughput, 80-byte lines', unit: 'MB/s', against: 'dockerd', atLeast: 3 },
      ...{ tsker: rate(tsker.median), reference: rate(docker.median) },
      samples: { tsker: tsker.samples, reference: docker.samples },
    },
  ];
}
