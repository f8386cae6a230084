// A small ext4 of a test's own, to be mounted from its image. Needs root, mkfs.ext4.
import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SIZE = 64 * 1024 * 1024;

/** Makes the image and a directory to mount it on, both in `directory`. */
export function makeExt4(directory: string): { readonly image: string; readonly disk: string } {
  const [image, disk] = [join(directory, 'image'), join(directory, 'disk')];
  writeFileSync(image, '');
  truncateSync(image, SIZE);
  mkdirSync(disk);
  execFileSync('mkfs.ext4', ['-q', image]);
  return { image, disk };
}

export function mountLoop(image: string, where: string): void {
  execFileSync('mount', ['-o', 'loop', image, where]);
}
