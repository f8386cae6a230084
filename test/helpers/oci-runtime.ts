// `tsker runc` as engines want it: the path of one executable, called runc. From TSKER_BIN it is a link; from the source it is a
// script around one bundled file, for an engine starts it a dozen times a container.
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { tskerCommand } from './daemon.ts';
import type { Owner } from './owner.ts';
import { tempdir } from './tempdir.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');

/** Debian's, to compare with. */
export const REAL_RUNC = '/usr/sbin/runc';

export async function makeOciRuntime(owner: Owner): Promise<string> {
  const directory = tempdir(owner, 'runtime');
  const path = join(directory, 'bin', 'runc');
  mkdirSync(join(directory, 'bin'));
  const [executable = '', ...others] = tskerCommand();
  if (others.length === 0) {
    symlinkSync(executable, path);
    return path;
  }
  const bundle = join(directory, 'runc.mjs');
  // The bundle finds the native parts where the module that loads them would.
  const loader = join(REPOSITORY, 'src/native/load.ts');
  await build({
    stdin: {
      contents: "import { runRunc } from './src/runc/main.ts'; process.exit(await runRunc(process.argv.slice(2)));",
      resolveDir: REPOSITORY,
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    outfile: bundle,
    logLevel: 'warning',
    define: {
      'import.meta.url': JSON.stringify(pathToFileURL(loader).href),
      'import.meta.dirname': JSON.stringify(join(REPOSITORY, 'src/native')),
    },
  });
  const cache = `NODE_COMPILE_CACHE='${join(directory, 'cache')}'`;
  writeFileSync(path, `#!/bin/sh\n${cache} exec '${process.execPath}' '${bundle}' "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}
