// Work on the library's worker threads: host plans, seccomp filters and layer extraction, each a promise.
import { type ErrorCode, TskerError } from '../util/errors.ts';
import { ASSEMBLE, EXTRACT, EXTRACT_LAYOUT, EXTRACT_STAGE, SECCOMP_PROGRAM_MAX } from './abi.ts';
import type { AssembleRequest, AssembleResult, ExtractRequest, ExtractResult } from './archive-requests.ts';
import type { Library } from './binding.ts';
import { describeFailure } from './describe.ts';
import { PlanEncoder } from './encode.ts';
import { describeErrno, ERRNO, errnoName, errnoText } from './errno.ts';
import type { EventPipe, NativeEvent } from './events.ts';
import { check } from './failure.ts';
import { PlanError, type SeccompRules } from './native.ts';
import type { Op } from './ops.ts';
import { runJob, runStreamJob } from './run-job.ts';
import { encodeSeccompRules } from './seccomp.ts';

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
    const { event } = await runJob(this.#events, (id) => {
      check(this.#library.tsker_job_plan(id, plan, plan.length), 'starting host operations');
    });
    if (event.a === 0) return;
    const op = ops[event.b];
    throw new PlanError(op, event.b, -event.a, describeFailure(op, -event.a));
  }

  async compileSeccomp(rules: SeccompRules): Promise<Buffer> {
    const encoded = encodeSeccompRules(rules);
    const what = 'compiling a seccomp profile';
    const { id, event } = await runJob(this.#events, (id) => {
      check(this.#library.tsker_job_seccomp(id, encoded, encoded.length), what);
    });
    if (event.a === -ERRNO.E2BIG)
      throw new TskerError('invalid', 'the seccomp profile is larger than the kernel takes');
    check(event.a, what);
    const program = Buffer.allocUnsafeSlow(SECCOMP_PROGRAM_MAX);
    const size = check(this.#library.tsker_job_result(id, program, program.length), what);
    return Buffer.from(program.subarray(0, size));
  }

  async extract(request: ExtractRequest): Promise<ExtractResult> {
    const { fd, target, whiteouts, record = '', signal } = request;
    const [library, events] = [this.#library, this.#events];
    const what = 'extracting a layer';
    const { id, event } = await runStreamJob({ library, events, what, fd, texts: { target, record }, signal }, (id) => {
      check(library.tsker_job_extract(id, fd, target, EXTRACT[whiteouts], record), what);
    });
    const bytes = this.#takeResult(id, event, what);
    return {
      bytesIn: Number(bytes.readBigUInt64LE(EXTRACT_LAYOUT.bytesIn)),
      bytesTar: Number(bytes.readBigUInt64LE(EXTRACT_LAYOUT.bytesTar)),
      size: Number(bytes.readBigUInt64LE(EXTRACT_LAYOUT.contentSize)),
      entries: Number(bytes.readBigUInt64LE(EXTRACT_LAYOUT.entries)),
      digestIn: digestAt(bytes, EXTRACT_LAYOUT.sha256In),
      digestTar: digestAt(bytes, EXTRACT_LAYOUT.sha256Tar),
    };
  }

  async assemble({ record, tree, fd, gzip = false, signal }: AssembleRequest): Promise<AssembleResult> {
    const [library, events] = [this.#library, this.#events];
    const what = 'reading a layer';
    const { id, event } = await runStreamJob({ library, events, what, fd, texts: { record, tree }, signal }, (id) => {
      check(library.tsker_job_assemble(id, record, tree, fd, gzip ? ASSEMBLE.gzip : 0), what);
    });
    const bytes = this.#takeResult(id, event, what);
    return {
      bytesTar: Number(bytes.readBigUInt64LE(EXTRACT_LAYOUT.bytesTar)),
      digestTar: digestAt(bytes, EXTRACT_LAYOUT.sha256Tar),
      bytesOut: Number(bytes.readBigUInt64LE(EXTRACT_LAYOUT.bytesIn)),
      digestOut: digestAt(bytes, EXTRACT_LAYOUT.sha256In),
    };
  }

  #takeResult(id: number, event: NativeEvent, what: string): Buffer {
    const bytes = Buffer.alloc(EXTRACT_LAYOUT.size);
    const taken = this.#library.tsker_job_result(id, bytes, bytes.length);
    // A job that could not even keep a result has only its event.
    check(taken < 0 && event.a < 0 ? event.a : taken, what);
    const error = bytes.readInt32LE(EXTRACT_LAYOUT.error);
    if (error !== 0) throw extractFailure(bytes, { errno: -error, what });
    return bytes;
  }
}

function extractFailure(bytes: Buffer, { errno, what }: { errno: number; what: string }): TskerError {
  const end = bytes.indexOf(0, EXTRACT_LAYOUT.message);
  const said = bytes.toString('utf8', EXTRACT_LAYOUT.message, end < 0 ? bytes.length : end);
  const stage = bytes.readInt32LE(EXTRACT_LAYOUT.stage);
  const message = `${what}: ${said === '' ? describeErrno(errno) : withOwnWords(said, errno)}`;
  return new TskerError(extractCode(errno, stage), message, { errno: errnoName(errno) });
}

/** The library's sentence ends in the C library's words, which begin with a capital; clients look for Go's, which do not. */
function withOwnWords(sentence: string, errno: number): string {
  const text = errnoText(errno);
  if (text === undefined || !sentence.toLowerCase().endsWith(`: ${text}`)) return sentence;
  return sentence.slice(0, -text.length) + text;
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
