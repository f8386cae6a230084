// After a restart of containerd: what the shim and the runtime know of a task.
import { readFileSync, rmSync } from 'node:fs';
import { INIT, type TaskStatus } from '../../types/containerd.ts';
import type { TaskParts } from './parts.ts';

/** Epoch milliseconds of the first process's end, when it is known. */
export async function recoverTask({ state, runtime }: TaskParts, exitedAt: number | undefined): Promise<void> {
  for (const process of await runtime.requireShim().processes()) state.recall(process, exitedAt ?? Date.now());
  state.status = state.hasEnded(INIT) ? 'stopped' : await askStatus({ state, runtime });
}

async function askStatus({ state, runtime }: TaskParts): Promise<TaskStatus> {
  const file = 'state.out';
  await runtime.requireShim().run(file, ['state', state.id]);
  const said = readFileSync(runtime.path(file), 'utf8');
  rmSync(runtime.path(file), { force: true });
  const status = /"status": *"(\w+)"/.exec(said)?.[1];
  return (['created', 'paused', 'stopped'] as const).find((one) => one === status) ?? 'running';
}
