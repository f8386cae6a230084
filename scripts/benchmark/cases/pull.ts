// Pull of an image of many layers from a local registry, the image removed before each run.
import { randomBytes } from 'node:crypto';
import { makeImage } from '../../../test/helpers/image.ts';
import { pushImage } from '../../../test/helpers/push.ts';
import type { TarEntry } from '../../../test/helpers/tar.ts';
import type { Engine, Ground } from '../ground.ts';
import { interleave } from '../measure.ts';
import type { Row } from '../result.ts';

const LAYERS = 20;
const FILES = 200;

/** A layer of files that compress about as programs do: half of each is random. */
function layer(index: number): { entries: TarEntry[] } {
  const entries: TarEntry[] = [{ path: `layer${index}/`, type: 'directory', mode: 0o755 }];
  for (let file = 0; file < FILES; file += 1) {
    const content = Buffer.concat([randomBytes(20_000), Buffer.alloc(20_000, `line ${index} ${file}\n`)]);
    entries.push({ path: `layer${index}/file${file}`, content });
  }
  return { entries };
}

export async function pull(ground: Ground, rounds: number): Promise<Row[]> {
  const image = makeImage({ layers: Array.from({ length: LAYERS }, (_, index) => layer(index)) });
  await pushImage(image, { url: ground.registry.url, name: 'many', tag: 'latest' });
  const reference = `${ground.registry.host}/many:latest`;
  const contender = (engine: Engine) => ({
    name: engine.name,
    prepare: async () => void (await engine.docker.run(['rmi', '-f', reference])),
    run: async () => void (await engine.docker.ok(['pull', '-q', reference])),
  });
  const [tsker, docker] = await interleave(ground.engines.map(contender), Math.max(5, rounds >> 2), 1);
  if (tsker === undefined || docker === undefined) throw new Error('both engines must have pulled');
  const name = `pull of ${LAYERS} layers, ${LAYERS * FILES} files, ${Math.round((LAYERS * FILES * 40_000) / 1e6)} MB`;
  return [
    {
      ...{ name, unit: 'ms', tsker: tsker.median, reference: docker.median, against: 'docker pull', atMost: 0.5 },
      samples: { tsker: tsker.samples, reference: docker.samples },
    },
  ];
}
