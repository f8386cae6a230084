// Stands in for src/demo/main.ts in the client's bundle of the single file.
import { createRequire } from 'node:module';
import type { DemoOptions } from '../../src/demo/main.ts';
import { loadAsset } from './load-asset.ts';

interface DemoModule {
  runDemo(options: DemoOptions): Promise<number>;
}

export async function runDemo(options: DemoOptions): Promise<number> {
  return (loadAsset('demo', createRequire('/')) as DemoModule).runDemo(options);
}
