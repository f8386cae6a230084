// A process that the runtime makes: known before it is there, since the news of its end may overtake the answer.
import type { TaskParts } from './parts.ts';
import type { ProcessRequest } from './runtime.ts';

export interface MakeRequest extends ProcessRequest {
  /** Told when it is there. */
  readonly event: 'create' | 'exec';
}

export async function makeProcess({ state, runtime }: TaskParts, request: MakeRequest): Promise<number> {
  const { name, event } = request;
  state.expect(name);
  try {
    const pid = await runtime.make(request);
    state.made(name, pid);
    state.emit(event, name);
    return pid;
  } catch (error) {
    state.forget(name);
    throw error;
  }
}
