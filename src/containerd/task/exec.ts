// Another process in a container, as a process of the OCI spec says it.
import { rmSync, writeFileSync } from 'node:fs';
import type { StreamPaths } from '../../types/containerd.ts';
import { execWords, logOf, pidFileOf, specFileOf } from '../runtime-command.ts';
import { makeProcess } from './make-process.ts';
import type { TaskParts } from './parts.ts';

export interface ExecTaskRequest {
  /** The name it goes by. */
  readonly process: string;
  readonly spec: object;
  readonly streams: StreamPaths;
}

/** Its pid. Throws what the runtime said. */
export async function execInTask(parts: TaskParts, { process, spec, streams }: ExecTaskRequest): Promise<number> {
  const { state, runtime } = parts;
  writeFileSync(runtime.path(specFileOf(process)), JSON.stringify(spec), { mode: 0o600 });
  try {
    const words = execWords(state.id, { process, terminal: streams.terminal });
    return await makeProcess(parts, { name: process, streams, words, event: 'exec' });
  } finally {
    for (const file of [specFileOf(process), pidFileOf(process), logOf(process), `${process}.pty`]) {
      rmSync(runtime.path(file), { force: true });
    }
  }
}
