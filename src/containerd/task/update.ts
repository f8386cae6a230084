// Other limits, as resources of the OCI spec.
import { rmSync, writeFileSync } from 'node:fs';
import type { TaskParts } from './parts.ts';

const FILE = 'update.json';

export async function updateTask({ runtime }: TaskParts, resources: object): Promise<void> {
  writeFileSync(runtime.path(FILE), JSON.stringify(resources), { mode: 0o600 });
  try {
    await runtime.run('update', { before: ['--resources', FILE] });
  } finally {
    rmSync(runtime.path(FILE), { force: true });
  }
}
