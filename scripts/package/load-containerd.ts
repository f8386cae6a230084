// Stands in for src/containerd/main.ts in the client's bundle of the single file.
import { createRequire } from 'node:module';
import { loadAsset } from './load-asset.ts';

interface ContainerdModule {
  runContainerd(argv: readonly string[]): Promise<void>;
}

export async function runContainerd(argv: readonly string[]): Promise<void> {
  await (loadAsset('containerd', createRequire('/')) as ContainerdModule).runContainerd(argv);
}
