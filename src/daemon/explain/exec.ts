// docker exec, explained. Its start is a connection that is the program's alone, so whoever wants it explained listens on another, from
// before the start. One that nobody listens to passes through here for one comparison.
import { toHttpError } from '../../api/errors.ts';
import type { AskedFor } from '../../api/exec/backend.ts';
import type { ExecListening } from '../../api/explain/backend.ts';
import { Recorder } from '../../runtime/explain/recorder.ts';
import type { ContainerProcess } from '../../runtime/runtime.ts';
import type { ExplainEvent } from '../../types/explain.ts';
import { TskerError } from '../../util/errors.ts';
import type { Exec } from '../exec/exec.ts';
import { requestOf } from './start.ts';

/** Who listens to one exec. */
export class ExecListener {
  readonly tell: (event: ExplainEvent) => void;
  readonly #ended = Promise.withResolvers<void>();

  constructor(tell: (event: ExplainEvent) => void) {
    this.tell = tell;
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** There is nothing more to hear. */
  end(): void {
    this.#ended.resolve();
  }
}

/** Throws conflict when it is too late, or somebody listens already. */
export function listenToExec(exec: Exec): ExecListening {
  if (exec.running || exec.ended) throw new TskerError('conflict', `exec ${exec.id} has been started already`);
  if (exec.listener !== undefined) throw new TskerError('conflict', `exec ${exec.id} is being explained already`);
  return {
    async run({ tell, signal }) {
      const listener = new ExecListener(tell);
      exec.listener = listener;
      const goAway = (): void => listener.end();
      signal.addEventListener('abort', goAway);
      if (signal.aborted) goAway();
      await listener.ended;
      signal.removeEventListener('abort', goAway);
      if (exec.listener === listener) exec.listener = undefined;
    },
  };
}

/** Does `start`, with a recorder when somebody listens. Throws what it throws. */
export async function explainExec<T extends { readonly process: Pick<ContainerProcess, 'pid'> }>(
  exec: Exec,
  { method, path, began }: AskedFor,
  start: (recorder: Recorder | undefined) => Promise<T>,
): Promise<T> {
  const { listener } = exec;
  if (listener === undefined) return start(undefined);
  const recorder = new Recorder({ tell: listener.tell, now: () => performance.now(), begin: began });
  recorder.request(requestOf(exec.container, { method, path }));
  try {
    const started = await start(recorder);
    recorder.done(started.process.pid);
    return started;
  } catch (error) {
    const { status, body } = toHttpError(error);
    recorder.failed({ status, ...body });
    throw error;
  } finally {
    listener.end();
  }
}
