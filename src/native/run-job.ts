// One job of the native library as a promise of its event, with or without a way to cancel it. What the event and the
// result mean is the caller's matter.
import { TskerError } from '../util/errors.ts';
import { EVENT } from './abi.ts';
import type { Library } from './binding.ts';
import type { EventPipe, NativeEvent } from './events.ts';
import { cString } from './failure.ts';

export interface JobEnd {
  readonly id: number;
  readonly event: NativeEvent;
}

/** Starts a job with a new id and waits for its end. */
export function runJob(events: EventPipe, start: (id: number) => void): Promise<JobEnd> {
  return new Promise((resolve, reject) => {
    const id = events.add((event) => {
      if (event.type !== EVENT.job) return;
      events.remove(id);
      resolve({ id, event });
    });
    try {
      start(id);
    } catch (error) {
      events.remove(id);
      reject(error);
    }
  });
}

export interface StreamJob {
  readonly library: Library;
  readonly events: EventPipe;
  /** For messages: `packing a tree`. */
  readonly what: string;
  /** Taken over by `start`; closed here when it does not come to that. */
  readonly fd: number | undefined;
  /** Strings that `start` hands to C, by their name in an error. */
  readonly texts: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

/** The same for a job that takes over a descriptor and can be cancelled. */
export async function runStreamJob(job: StreamJob, start: (id: number) => void): Promise<JobEnd> {
  const { library, events, signal } = job;
  let cancel = (): void => undefined;
  try {
    return await runJob(events, (id) => {
      checkRequest(job);
      start(id);
      cancel = () => void library.tsker_job_cancel(id); // -ENOENT: it has just ended
      signal?.addEventListener('abort', cancel);
    });
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

function checkRequest({ library, what, fd, texts, signal }: StreamJob): void {
  try {
    if (signal?.aborted === true) throw new TskerError('cancelled', `${what}: cancelled`);
    for (const [name, text] of Object.entries(texts)) cString(text, name);
  } catch (error) {
    if (fd !== undefined) library.tsker_close(fd);
    throw error;
  }
}
