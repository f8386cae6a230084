// Images of Debian bookworm. One in three layers, tens of thousands of files with everything a layer can hold (debian.sh says
// what), built once by debootstrap from the mirror apt uses, 40 seconds the first time; one with servers, made of its first layer.
import { join } from 'node:path';
import { type Image, makeImage } from './image.ts';
import { cachedLayerFile, cachedLayers, type Recipe } from './layer-cache.ts';

const DEBIAN: Recipe = { name: 'debian', script: join(import.meta.dirname, 'debian.sh'), count: 3 };
const ENV = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];

export async function debianImage(): Promise<Image> {
  return makeImage({ layers: await cachedLayers(DEBIAN), config: { Cmd: ['bash'], Env: ENV } });
}

/** nginx, PostgreSQL (a cluster at /var/lib/postgresql/15/main that lets everybody in) and Redis, as Debian packages them. */
export async function serversImage(): Promise<Image> {
  const script = join(import.meta.dirname, 'servers.sh');
  const base = [await cachedLayerFile(DEBIAN)];
  const layers = await cachedLayers({ name: 'servers', script, count: 1, base });
  return makeImage({ layers, config: { Cmd: ['bash'], Env: [...ENV, 'LC_ALL=C.UTF-8'] } });
}
