// An image of Debian bookworm in three layers, tens of thousands of files with everything a layer can hold (debian.sh says
// what), built once by debootstrap from the mirror apt uses, and cached: 40 seconds the first time.
import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { digestOf, fileLayer, type Image, makeImage } from './image.ts';
import { ok } from './run.ts';
import { removeTree } from './tempdir.ts';
import { waitFor } from './wait.ts';

const SCRIPT = join(import.meta.dirname, 'debian.sh');
const LAYER_TYPE = 'application/vnd.docker.image.rootfs.diff.tar.gzip';

interface LayerFacts {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly diffId: string;
}

/** The image, from the cache when it is there. Several processes may ask at once: one builds, the others wait. */
export async function debianImage(): Promise<Image> {
  const directory = await cachedLayers();
  const facts = JSON.parse(readFileSync(join(directory, 'layers.json'), 'utf8')) as LayerFacts[];
  return makeImage({
    layers: facts.map((layer, index) => fileLayer(join(directory, `layer-${index + 1}.tar.gz`), layer)),
    config: { Cmd: ['bash'], Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] },
  });
}

/** The directory with layer-<n>.tar.gz and layers.json; its name changes with the script. */
async function cachedLayers(): Promise<string> {
  const { TSKER_TEST_CACHE: cache = '/var/cache/tsker-test' } = process.env;
  const version = digestOf(readFileSync(SCRIPT)).slice(7, 19);
  const directory = join(cache, `debian-${version}`);
  const building = `${directory}.building`;
  mkdirSync(cache, { recursive: true });
  if (existsSync(directory)) return directory;
  if (!(await claim(building))) {
    await waitFor('another process to build the Debian image', () => existsSync(directory), {
      timeout: 600_000,
      interval: 500,
    });
    return directory;
  }
  try {
    await build(building);
    renameSync(building, directory);
  } catch (error) {
    await removeTree(building);
    throw error;
  }
  return directory;
}

/** Makes the directory and writes our pid into it; false when a living process has it. */
async function claim(building: string): Promise<boolean> {
  try {
    mkdirSync(building);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const holder = Number(readFileSync(join(building, 'pid'), 'utf8'));
    if (existsSync(`/proc/${holder}`)) return false;
    await removeTree(building);
    mkdirSync(building);
  }
  writeFileSync(join(building, 'pid'), String(process.pid));
  return true;
}

async function build(directory: string): Promise<void> {
  const work = join(directory, 'work');
  mkdirSync(work);
  await ok(['unshare', '--mount', 'sh', SCRIPT, work, debianMirror()], { timeout: 600_000 });
  const layers: LayerFacts[] = [];
  for (const index of [1, 2, 3]) {
    layers.push(await pack(join(work, `layer-${index}.tar`), join(directory, `layer-${index}.tar.gz`)));
  }
  await removeTree(work);
  writeFileSync(join(directory, 'layers.json'), JSON.stringify(layers));
}

async function pack(tar: string, target: string): Promise<LayerFacts> {
  const diffId = createHash('sha256');
  const digest = createHash('sha256');
  await pipeline(createReadStream(tar), tapping(diffId), createGzip(), tapping(digest), createWriteStream(target));
  const hex = (hash: typeof digest): string => `sha256:${hash.digest('hex')}`;
  return { mediaType: LAYER_TYPE, digest: hex(digest), size: statSync(target).size, diffId: hex(diffId) };
}

function tapping(hash: ReturnType<typeof createHash>): (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer> {
  return async function* tap(source) {
    for await (const chunk of source) {
      hash.update(chunk);
      yield chunk;
    }
  };
}

/** The first Debian mirror in apt's sources, in either of their two forms. */
function debianMirror(): string {
  const files = ['/etc/apt/sources.list', ...globSync('/etc/apt/sources.list.d/*.{list,sources}')].filter((path) =>
    existsSync(path),
  );
  const lines = files.flatMap((path) => readFileSync(path, 'utf8').split('\n')).filter((line) => !line.startsWith('#'));
  const urls = lines.flatMap(
    (line) => /^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(\S*\/debian\/?)(?:\s|$)/.exec(line)?.[1] ?? [],
  );
  return urls[0] ?? 'http://deb.debian.org/debian';
}
