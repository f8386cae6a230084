// How the single file gets at its bundles: each is an asset, wrapped as a function at build time (wrap.ts), with the V8
// code cache that warm.cjs wrote. esbuild puts this in the place of what would import the bundle by path.
import { createRequire } from 'node:module';
import { getAsset, getRawAsset } from 'node:sea';
import { Script } from 'node:vm';

type Wrapped = (exports: object, require: NodeJS.Require, module: { exports: object }) => void;

/** Runs a bundle; answers its exports. */
export function loadAsset(name: 'client' | 'daemon' | 'demo' | 'runc'): object {
  const module = { exports: {} };
  // The text is ASCII, and latin1 is decoded without a look at it.
  const script = new Script(getAsset(`${name}.js`, 'latin1'), {
    filename: `tsker-${name}.js`,
    cachedData: Buffer.from(getRawAsset(`${name}.cache`) as ArrayBuffer),
  });
  (script.runInThisContext() as Wrapped)(module.exports, createRequire('/'), module);
  return module.exports;
}
