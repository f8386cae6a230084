// A signal to one process.
import { INIT } from '../../types/containerd.ts';
import type { TaskParts } from './parts.ts';

/** Runtimes signal the first process alone: the others are the shim's to signal. */
export async function killTask({ runtime }: TaskParts, process: string, signal: number): Promise<void> {
  if (process === INIT) await runtime.run('kill', { after: [String(signal)] });
  else await runtime.requireShim().command('signal', process, String(signal));
}
