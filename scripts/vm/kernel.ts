// Debian's stock cloud kernel, downloaded as a package and unpacked into the cache: vmlinuz and its modules.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ok } from '../../test/helpers/run.ts';

export interface Kernel {
  readonly version: string;
  readonly vmlinuz: string;
  /** The directory `lib/modules/<version>`. */
  readonly modules: string;
}

/** The package that linux-image-cloud-amd64 stands for today. */
async function packageName(): Promise<string> {
  const depends = await ok(['apt-cache', 'depends', 'linux-image-cloud-amd64']);
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (name === undefined) throw new Error('apt knows no linux-image-cloud-amd64 (run apt-get update)');
  return name;
}

export async function fetchKernel(cache: string): Promise<Kernel> {
  const name = await packageName();
  const directory = join(cache, name);
  if (!existsSync(directory)) {
    const work = `${directory}.tmp`;
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { recursive: true });
    await ok(['apt-get', 'download', '-q', name], { cwd: work, timeout: 600_000 });
    const archive = readdirSync(work).find((file) => file.endsWith('.deb'));
    if (archive === undefined) throw new Error(`apt-get download left no package of ${name}`);
    await ok(['dpkg-deb', '-x', join(work, archive), work]);
    rmSync(join(work, archive));
    renameSync(work, directory);
  }
  const version = name.replace(/^linux-image-/, '');
  return {
    version,
    vmlinuz: join(directory, `boot/vmlinuz-${version}`),
    modules: join(directory, `lib/modules/${version}`),
  };
}
