// Stands in for src/daemon/main.ts in the client's bundle of the single file.
import { createRequire } from 'node:module';
import { loadAsset } from './load-asset.ts';

interface DaemonModule {
  runDaemon(argv: readonly string[]): Promise<void>;
}

export async function runDaemon(argv: readonly string[]): Promise<void> {
  await (loadAsset('daemon', createRequire('/')) as DaemonModule).runDaemon(argv);
}
