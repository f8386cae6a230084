// Finds the native parts: next to the source in development (`make -C native`), inside the executable otherwise, from
// where they are written to a private directory, for a shared object can only be loaded from a file.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isSea } from 'node:sea';
import { messageOf, TskerError } from '../util/errors.ts';
import { bindLibrary, type FfiRs } from './binding.ts';
import { FfiNative } from './ffi.ts';
import type { Native } from './native.ts';
import { removeAssets, unpackAssets } from './unpack.ts';

/** Addons of other packages that travel in the executable. */
export type AddonName = 'ffi-rs' | 'better_sqlite3';

/** Where the native parts are. */
export interface NativeParts {
  readonly library: string;
  readonly helper: string;
  /** A container's parent in the split architecture. */
  readonly shim: string;
  /** A loaded addon: the module's exports. */
  loadAddon(name: AddonName): object;
}

/** The assets of the executable, by the keys under which scripts/package puts them there. */
export const NATIVE_ASSETS = [
  'native/libtsker.so',
  'native/libisal.so.2',
  'native/tsker-init',
  'native/tsker-shim',
  'native/ffi-rs.node',
  'native/better_sqlite3.node',
] as const;

/**
 * Finds the parts. In the executable they are unpacked into the first of `directories` whose file system lets
 * code be loaded: /run is mounted noexec on many a host. In development `directories` is not looked at.
 */
export function findNativeParts(directories: readonly string[]): NativeParts {
  return isSea() ? unpackParts(directories) : developmentParts();
}

/** Loads the library and starts its threads: once in a process. */
export function loadNative(parts: NativeParts, options: { readonly workers?: number } = {}): Native {
  const library = bindLibrary(parts.loadAddon('ffi-rs') as FfiRs, parts.library);
  return new FfiNative(library, { helper: readHelper(parts.helper), workers: options.workers ?? 4 });
}

function readHelper(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new TskerError('internal', `cannot read ${path}: ${messageOf(cause)}`, {
      cause,
      hint: 'run `make -C native`',
    });
  }
}

function developmentParts(): NativeParts {
  const require = createRequire(import.meta.url);
  const build = join(import.meta.dirname, '../../native/build');
  return {
    library: join(build, 'libtsker.so'),
    helper: join(build, 'tsker-init'),
    shim: join(build, 'tsker-shim'),
    loadAddon: (name) => {
      if (name === 'ffi-rs') return require('ffi-rs') as object;
      // By its path: the package does not export it.
      const home = dirname(require.resolve('better-sqlite3/package.json'));
      const { getBinding } = require(join(home, 'lib/binding.js')) as { getBinding: (own: null) => object };
      return getBinding(null);
    },
  };
}

function unpackParts(directories: readonly string[]): NativeParts {
  const refusals: string[] = [];
  for (const directory of directories) {
    try {
      unpackAssets(NATIVE_ASSETS, directory);
      loadAddonFile(join(directory, 'ffi-rs.node'));
      return unpackedParts(directory);
    } catch (error) {
      removeAssets(NATIVE_ASSETS, directory);
      refusals.push(`${directory}: ${messageOf(error)}`);
    }
  }
  throw new TskerError('unsupported', `cannot load native code: ${refusals.join('; ')}`, {
    hint: 'choose an --exec-root or --data-root on a file system that is not mounted noexec',
  });
}

function unpackedParts(directory: string): NativeParts {
  return {
    library: join(directory, 'libtsker.so'),
    helper: join(directory, 'tsker-init'),
    shim: join(directory, 'tsker-shim'),
    loadAddon: (name) => loadAddonFile(join(directory, `${name}.node`)),
  };
}

/** require() of the executable knows no files: dlopen is what it would do. */
function loadAddonFile(path: string): object {
  const module = { exports: {} };
  process.dlopen(module, path);
  return module.exports;
}
