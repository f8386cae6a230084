// Stands in for src/daemon/main.ts in the client's bundle of the single file: compiles the daemon's bundle from its asset,
// with the code cache made at build time, and hands its exports on.
import { createRequire } from 'node:module';
import { getAsset, getRawAsset } from 'node:sea';
import { Script } from 'node:vm';

interface DaemonModule {
  runDaemon(argv: readonly string[]): Promise<void>;
}

export async function runDaemon(argv: readonly string[]): Promise<void> {
  const module = { exports: {} as DaemonModule };
  const script = new Script(`(function(exports,require,module){${getAsset('daemon.js', 'utf8')}\n})`, {
    filename: 'tsker-daemon.js',
    cachedData: Buffer.from(getRawAsset('daemon.cache') as ArrayBuffer),
  });
  const run = script.runInThisContext() as (
    exports: object,
    require: NodeJS.Require,
    module: { exports: DaemonModule },
  ) => void;
  run(module.exports, createRequire('/'), module);
  await module.exports.runDaemon(argv);
}
