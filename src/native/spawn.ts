// Starting processes: one call into the native library with buffers that are kept, then events. What a plan does is the
// runtime's matter.
import { TskerError } from '../util/errors.ts';
import { EVENT, SPAWN, SPAWN_LAYOUT, SPAWN_MAX_FDS } from './abi.ts';
import type { Library } from './binding.ts';
import { describeFailure } from './describe.ts';
import { PlanEncoder } from './encode.ts';
import { ERRNO } from './errno.ts';
import type { EventPipe, NativeEvent } from './events.ts';
import { check } from './failure.ts';
import { type ExitStatus, type OpTrace, PlanError, type Spawned, type SpawnRequest } from './native.ts';
import type { Op } from './ops.ts';
import { signalName } from './signals.ts';

/** si_code of a child that called exit; otherwise si_status is a signal. */
const CLD_EXITED = 1;

export class Spawner {
  readonly #library: Library;
  readonly #events: EventPipe;
  readonly #encoder = new PlanEncoder();
  readonly #struct = Buffer.alloc(SPAWN_LAYOUT.size);
  readonly #out = Buffer.alloc(8);

  constructor(library: Library, events: EventPipe) {
    this.#library = library;
    this.#events = events;
  }

  /** Throws TskerError when the plan has no encoding or no process could be made. */
  spawn(request: SpawnRequest): Spawned {
    const plan = this.#encoder.encode(request.plan, { trace: request.onTrace !== undefined });
    const child = new Child(this.#library, request);
    const id = this.#events.add((event) => {
      child.handle(event);
      if (event.type === EVENT.exited) this.#events.remove(id);
    });
    try {
      this.#fillStruct(id, request);
      const result = this.#library.tsker_spawn(this.#struct, SPAWN_LAYOUT.size, plan, plan.length, this.#out);
      check(result, 'starting a process');
    } catch (error) {
      this.#events.remove(id);
      throw error;
    }
    child.pid = this.#out.readInt32LE(0);
    child.pidfd = this.#out.readInt32LE(4);
    return child;
  }

  #fillStruct(id: number, request: SpawnRequest): void {
    const { fds } = request;
    if (fds.length < 3 || fds.length > SPAWN_MAX_FDS) {
      throw new TskerError('invalid', `spawn: ${fds.length} descriptors, not 3 to ${SPAWN_MAX_FDS}`);
    }
    const struct = this.#struct;
    struct.writeUInt32LE(id >>> 0, SPAWN_LAYOUT.id);
    struct.writeUInt32LE(Math.floor(id / 2 ** 32), SPAWN_LAYOUT.id + 4);
    struct.writeUInt32LE(request.cloneFlags >>> 0, SPAWN_LAYOUT.cloneFlags);
    struct.writeInt32LE(request.cgroupFd ?? -1, SPAWN_LAYOUT.cgroupFd);
    struct.writeInt32LE(request.pidnsFd ?? -1, SPAWN_LAYOUT.pidnsFd);
    const flags = (request.usernsFd === undefined ? 0 : SPAWN.userns) | (request.leave === true ? SPAWN.leave : 0);
    struct.writeUInt32LE(flags, SPAWN_LAYOUT.flags);
    struct.writeInt32LE(request.usernsFd ?? -1, SPAWN_LAYOUT.usernsFd);
    struct.writeUInt32LE(fds.length, SPAWN_LAYOUT.nfds);
    fds.forEach((fd, index) => {
      struct.writeInt32LE(fd, SPAWN_LAYOUT.fds + 4 * index);
    });
  }
}

/** One spawned process, between its spawn and its end. */
class Child implements Spawned {
  pid = -1;
  pidfd = -1;
  readonly started: Promise<void>;
  readonly exited: Promise<ExitStatus>;
  readonly #library: Library;
  readonly #onTrace: ((trace: OpTrace) => void) | undefined;
  readonly #starting = Promise.withResolvers<void>();
  readonly #exiting = Promise.withResolvers<ExitStatus>();
  /** The plan, until it is known whether it succeeded. */
  #plan: readonly Op[] | undefined;

  constructor(library: Library, request: SpawnRequest) {
    this.#library = library;
    this.#onTrace = request.onTrace;
    this.#plan = request.plan;
    this.started = this.#starting.promise;
    this.exited = this.#exiting.promise;
    // A caller that only waits for `exited` must not be ended by an unhandled rejection; who awaits `started` still sees it.
    this.started.catch(() => undefined);
  }

  handle(event: NativeEvent): void {
    if (event.type === EVENT.execed) this.#settleStart();
    else if (event.type === EVENT.failed) this.#fail(event);
    else if (event.type === EVENT.exited) this.#end(event);
    else if (event.type === EVENT.trace) {
      this.#onTrace?.({ index: event.a, errno: event.b, nanoseconds: BigInt(event.ns) });
    }
  }

  signal(signal: number): boolean {
    if (this.pidfd < 0) return false;
    const result = this.#library.tsker_signal(this.pidfd, signal);
    if (result === -ERRNO.ESRCH) return false;
    check(result, `sending ${signalName(signal)} to process ${this.pid}`);
    return true;
  }

  #fail(event: NativeEvent): void {
    // Killed before its program ran: how is told by the exit status, which follows.
    if (event.a === -1 && event.b === ERRNO.ECANCELED) return;
    this.#settleStart(failure(this.#plan, event));
  }

  #settleStart(error?: PlanError): void {
    this.#plan = undefined;
    if (error === undefined) this.#starting.resolve();
    else this.#starting.reject(error);
  }

  #end(event: NativeEvent): void {
    const status = exitStatus(event);
    if (this.#plan !== undefined) this.#settleStart(endedEarly(status));
    this.#exiting.resolve(status);
    const pidfd = this.pidfd;
    this.pidfd = -1;
    check(this.#library.tsker_close(pidfd), 'closing a pidfd');
  }
}

function exitStatus({ a, b }: NativeEvent): ExitStatus {
  return b === CLD_EXITED ? { code: a, signal: undefined } : { code: 128 + a, signal: a };
}

function failure(plan: readonly Op[] | undefined, { a: index, b: errno }: NativeEvent): PlanError {
  const op = plan?.[index];
  return new PlanError(op, index, errno, describeFailure(op, errno));
}

/** The helper reports every failure of its own; otherwise it was killed, by the kernel or by a caller. */
function endedEarly({ code, signal }: ExitStatus): PlanError {
  const how = signal === undefined ? `ended with code ${code}` : `was killed by ${signalName(signal)}`;
  return new PlanError(undefined, -1, ERRNO.ECANCELED, `the process ${how} before its program was executed`);
}
