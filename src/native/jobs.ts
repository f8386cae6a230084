// Work on the library's worker threads: host plans and layer extraction, each a promise.
import { type ErrorCode, TskerError } from '../util/errors.ts';
import { EVENT, EXTRACT, EXTRACT_LAYOUT, EXTRACT_STAGE } from './abi.ts';
import type { Library } from './binding.ts';
import { describeFailure } from './describe.ts';
import { PlanEncoder } from './encode.ts';
import { describeErrno, ERRNO, errnoName } from './errno.ts';
import type { EventPipe, NativeEvent } from './events.ts';
import { check, cString } from './failure.ts';
import { type ExtractRequest, type ExtractResult, PlanError } from './native.ts';
import type { Op } from './ops.ts';

export class Jobs {
  readonly #library: Library;
  readonly #events: EventPipe;
  readonly #encoder = new PlanEncoder();

  constructor(library: Library, events: EventPipe) {
    this.#library = library;
    this.#events = events;
  }

  async runPlan(ops: readonly Op[]): Promise<void> {
    const plan = this.#encoder.encode(ops);
    const { event } = await this.#run((id) => {
      check(this.#library.tsker_job_plan(id, plan, plan.length), 'starting host operations');
    });
    if (event.a === 0) return;
    const op = ops[event.b];
    throw new PlanError(op, event.b, -event.a, describeFailure(op, -event.a));
  }

  async extract(request: ExtractRequest): Promise<ExtractResult> {
    const { fd, target, whiteouts, signal } = request;
    let cancel = (): void => undefined;
    try {
      const { id, event } = await this.#run((id) => {
        this.#startExtract(id, fd, cString(target, 'target'), whiteouts, signal);
        cancel = () => void this.#library.tsker_job_cancel(id); // -ENOENT: it has just ended
        signal?.addEventListener('abort', cancel);
      });
      return this.#takeResult(id, event);
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** The descriptor is gone in every case, as the contract says. */
  #startExtract(id: number, fd: number, target: string, whiteouts: 'overlay' | 'apply', signal?: AbortSignal): void {
    if (signal?.aborted === true) {
      this.#library.tsker_close(fd);
      throw new TskerError('cancelled', 'extracting a layer: cancelled');
    }
    check(this.#library.tsker_job_extract(id, fd, target, EXTRACT[whiteouts]), 'extracting a layer');
  }

  #takeResult(id: number, event: NativeEvent): ExtractResult {
    const bytes = Buffer.alloc(EXTRACT_LAYOUT.size);
    const taken = this.#library.tsker_job_result(id, bytes, bytes.length);
    // A job that could not even keep a result has only its event.
    check(taken < 0 && event.a < 0 ? event.a : taken, 'extracting a layer');
    const error = bytes.readInt32LE(EXTRACT_LAYOUT.error);
    if (error !== 0) throw extractFailure(bytes, -error);
    return {
      bytesIn: Number(bytes.readBigUInt64LE(EXTRACT_LAYOUT.bytesIn)),
      bytesTar: Number(bytes.readBigUInt64LE(EXTRACT_LAYOUT.bytesTar)),
      size: Number(bytes.readBigUInt64LE(EXTRACT_LAYOUT.contentSize)),
      entries: Number(bytes.readBigUInt64LE(EXTRACT_LAYOUT.entries)),
      digestIn: digestAt(bytes, EXTRACT_LAYOUT.sha256In),
      digestTar: digestAt(bytes, EXTRACT_LAYOUT.sha256Tar),
    };
  }

  /** Starts a job with a new id and waits for its end. */
  #run(start: (id: number) => void): Promise<{ id: number; event: NativeEvent }> {
    return new Promise((resolve, reject) => {
      const id = this.#events.add((event) => {
        if (event.type !== EVENT.job) return;
        this.#events.remove(id);
        resolve({ id, event });
      });
      try {
        start(id);
      } catch (error) {
        this.#events.remove(id);
        reject(error);
      }
    });
  }
}

function extractFailure(bytes: Buffer, errno: number): TskerError {
  const end = bytes.indexOf(0, EXTRACT_LAYOUT.message);
  const said = bytes.toString('utf8', EXTRACT_LAYOUT.message, end < 0 ? bytes.length : end);
  const stage = bytes.readInt32LE(EXTRACT_LAYOUT.stage);
  const message = `extracting a layer: ${said === '' ? describeErrno(errno) : said}`;
  return new TskerError(extractCode(errno, stage), message, { errno: errnoName(errno) });
}

function extractCode(errno: number, stage: number): ErrorCode {
  if (errno === ERRNO.ENOSPC || errno === ERRNO.EDQUOT) return 'no_space';
  if (errno === ERRNO.ECANCELED) return 'cancelled';
  const ofData = stage === EXTRACT_STAGE.inflate || stage === EXTRACT_STAGE.tar;
  return ofData && errno !== ERRNO.ENOMEM ? 'corrupt' : 'internal';
}

function digestAt(bytes: Buffer, at: number): string {
  return `sha256:${bytes.toString('hex', at, at + 32)}`;
}
