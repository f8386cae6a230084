// Layers that a script makes in minutes, made once and kept in TSKER_TEST_CACHE under a name that changes with the script and
// with what it builds upon.
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
import { digestOf, fileLayer, type Layer } from './image.ts';
import { ok } from './run.ts';
import { removeTree } from './tempdir.ts';
import { waitFor } from './wait.ts';

const LAYER_TYPE = 'application/vnd.docker.image.rootfs.diff.tar.gzip';

export interface Recipe {
  readonly name: string;
  /** Path of a shell script: `script <work> <mirror> <base>...` leaves <work>/layer-<n>.tar. Run in a mount namespace of its own. */
  readonly script: string;
  /** How many layers it leaves. */
  readonly count: number;
  /** Files of layers that it builds upon. */
  readonly base?: readonly string[];
}

interface LayerFacts {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly diffId: string;
}

/** The layers, from the cache when they are there. Several processes may ask at once: one builds, the others wait. */
export async function cachedLayers(recipe: Recipe): Promise<Layer[]> {
  const directory = await cachedDirectory(recipe);
  const facts = JSON.parse(readFileSync(join(directory, 'layers.json'), 'utf8')) as LayerFacts[];
  return facts.map((layer, index) => fileLayer(layerFile(directory, index + 1), layer));
}

/** Of the first layer; it is there when the promise is kept. */
export async function cachedLayerFile(recipe: Recipe): Promise<string> {
  return layerFile(await cachedDirectory(recipe), 1);
}

function layerFile(directory: string, number: number): string {
  return join(directory, `layer-${number}.tar.gz`);
}

/** The directory with layer-<n>.tar.gz and layers.json. */
async function cachedDirectory(recipe: Recipe): Promise<string> {
  const { TSKER_TEST_CACHE: cache = '/var/cache/tsker-test' } = process.env;
  const inputs = [readFileSync(recipe.script), ...(recipe.base ?? []).map((path) => Buffer.from(path))];
  const version = digestOf(Buffer.concat(inputs)).slice(7, 19);
  const directory = join(cache, `${recipe.name}-${version}`);
  const building = `${directory}.building`;
  mkdirSync(cache, { recursive: true });
  if (existsSync(directory)) return directory;
  if (!(await claim(building))) {
    await waitFor(`another process to build ${recipe.name}`, () => existsSync(directory), {
      timeout: 600_000,
      interval: 500,
    });
    return directory;
  }
  try {
    await build(recipe, building);
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

async function build({ script, count, base = [] }: Recipe, directory: string): Promise<void> {
  const work = join(directory, 'work');
  mkdirSync(work);
  await ok(['unshare', '--mount', 'sh', script, work, debianMirror(), ...base], { timeout: 600_000 });
  const layers: LayerFacts[] = [];
  for (let number = 1; number <= count; number += 1) {
    layers.push(await pack(join(work, `layer-${number}.tar`), layerFile(directory, number)));
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
