// How the single file gets at its bundles: each is an asset, wrapped as a function at build time (wrap.ts), with the V8
// code cache that warm.cjs wrote. esbuild puts this in the place of what would import the bundle by path.
import { getAsset, getRawAsset } from 'node:sea';
import { Script } from 'node:vm';

interface Module {
  exports: object;
  /** See chunks.ts. */
  readonly others: () => object;
}

type Wrapped = (exports: object, require: NodeJS.Require, module: Module) => void;

/** Runs a bundle, whose other modules come from `require`; answers its exports. */
export function loadAsset(
  name: 'client' | 'client-rest' | 'containerd' | 'daemon' | 'demo' | 'runc',
  require: NodeJS.Require,
): object {
  const module: Module = { exports: {}, others: () => loadAsset('client-rest', require) };
  // The text is ASCII, and latin1 is decoded without a look at it.
  const script = new Script(getAsset(`${name}.js`, 'latin1'), {
    filename: `tsker-${name}.js`,
    cachedData: Buffer.from(getRawAsset(`${name}.cache`) as ArrayBuffer),
  });
  (script.runInThisContext() as Wrapped)(module.exports, require, module);
  return module.exports;
}
