// The images of the benchmark: the shapes that pulls are slow with. Content compresses about as programs do: of each file
// one half is noise and the other repeats.
import { randomBytes } from 'node:crypto';
import { type Image, type ImageOptions, type LayerSource, makeImage } from '../../test/helpers/image.ts';
import type { TarEntry } from '../../test/helpers/tar.ts';

const MB = 1_000_000;

export interface BenchImage {
  /** As the table names it. */
  readonly what: string;
  /** Of its repository. */
  readonly name: string;
  make(): Image;
}

interface Shape {
  readonly layers: number;
  readonly files: number;
  /** Bytes of a file. */
  readonly size: number;
  readonly compression?: ImageOptions['compression'];
}

export const LARGE: BenchImage = image('large', 'one layer of 300 MB', { layers: 1, files: 3000, size: 100_000 });
export const DEEP: BenchImage = image('deep', '30 layers', { layers: 30, files: 100, size: 100_000 });
export const SMALL_FILES: BenchImage = image('files', '60,000 small files', { layers: 1, files: 60_000, size: 1000 });
export const MIXED: BenchImage = image('mixed', '5 layers, 10,000 files, 300 MB', {
  layers: 5,
  files: 2000,
  size: 30_000,
});
/** Not compressed: what is asked is memory, and packing 2 GB would take longer than the case. */
export const HUGE: BenchImage = image('huge', '2 GB', {
  layers: 4,
  files: 50,
  size: 10 * MB,
  compression: 'none',
});

function image(name: string, what: string, { layers, files, size, compression = 'gzip' }: Shape): BenchImage {
  const make = (): Image =>
    makeImage({ layers: Array.from({ length: layers }, (_, index) => layer({ index, files, size })), compression });
  return { what, name, make };
}

const FILES_IN_DIRECTORY = 100;

function layer({ index, files, size }: { index: number; files: number; size: number }): LayerSource {
  const entries: TarEntry[] = [{ path: `layer${index}/`, type: 'directory', mode: 0o755 }];
  for (let file = 0; file < files; file += 1) {
    const directory = `layer${index}/${Math.floor(file / FILES_IN_DIRECTORY)}/`;
    if (file % FILES_IN_DIRECTORY === 0) entries.push({ path: directory, type: 'directory', mode: 0o755 });
    const half = Buffer.alloc(size >> 1, `line ${index} ${file}\n`);
    entries.push({ path: `${directory}file${file}`, content: Buffer.concat([randomBytes(size >> 1), half]) });
  }
  return { entries };
}
