// Stands in for src/runc/main.ts in the client's bundle of the single file.
import { createRequire } from 'node:module';
import { loadAsset } from './load-asset.ts';

interface RuncModule {
  runRunc(argv: readonly string[]): Promise<number>;
}

export function runRunc(argv: readonly string[]): Promise<number> {
  return (loadAsset('runc', createRequire('/')) as RuncModule).runRunc(argv);
}
