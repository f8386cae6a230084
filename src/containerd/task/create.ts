// The container and its first process, which waits for `start`. The bundle is there.
import { INIT, type StreamPaths } from '../../types/containerd.ts';
import { createWords } from '../runtime-command.ts';
import { makeProcess } from './make-process.ts';
import type { TaskParts } from './parts.ts';

/** Throws what the runtime said; then there is no container. */
export async function createTask(parts: TaskParts, streams: StreamPaths): Promise<number> {
  return makeProcess(parts, {
    ...{ name: INIT, streams, event: 'create' },
    words: createWords(parts.state.id, streams),
  });
}
