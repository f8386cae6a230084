// The output pump of one container, driven from JavaScript: it starts, tees, rotates and is told of the end. The bytes
// themselves move in the library's pump thread.
import { EVENT, PUMP, TEE } from './abi.ts';
import type { Library } from './binding.ts';
import { ERRNO, errnoName } from './errno.ts';
import type { EventPipe } from './events.ts';
import { check } from './failure.ts';
import type { Pump, PumpRequest } from './output-requests.ts';

/** Takes over the descriptors, also when it throws. */
export function startPump(library: Library, events: EventPipe, request: PumpRequest): Pump {
  const handle = new PumpHandle(library, events, request.onLogLost);
  handle.start(request);
  return handle;
}

class PumpHandle implements Pump {
  readonly finished: Promise<void>;
  readonly #library: Library;
  readonly #events: EventPipe;
  readonly #finishing = Promise.withResolvers<void>();
  readonly #id: number;
  #watchers: (() => void)[] = [];
  /** Those that hold the output, and what the first of them has asked for. */
  #parks = 0;
  #parking = Promise.withResolvers<boolean>();

  constructor(library: Library, events: EventPipe, onLogLost: PumpRequest['onLogLost']) {
    this.#library = library;
    this.#events = events;
    this.finished = this.#finishing.promise;
    this.#id = events.add((event) => {
      if (event.type === EVENT.logged) this.#notify();
      else if (event.type === EVENT.parked) this.#settleParking(true);
      else if (event.type === EVENT.stream) {
        this.#finish();
        if (event.a > 0) onLogLost?.({ lines: event.a, errno: errnoName(event.b) });
      }
    });
  }

  start({ stdout, stderr, log, sinks = [], held = false }: PumpRequest): void {
    const isHeld = held || sinks.length > 0;
    const flags = (stderr === undefined ? PUMP.tty : 0) | (isHeld ? PUMP.held : 0);
    const result = this.#library.tsker_pump_start(this.#id, stdout, stderr ?? -1, log ?? -1, flags);
    if (result < 0) this.#events.remove(this.#id);
    check(result, 'starting the output pump');
    try {
      for (const { id } of sinks) check(this.#library.tsker_pump_to(this.#id, id), 'logging the output');
    } catch (error) {
      this.stop();
      throw error;
    }
    if (isHeld && !held) this.release();
  }

  tee(fd: number, { stdout, stderr, mux, carry = false }: Parameters<Pump['tee']>[1]): void {
    const streams = (stdout ? TEE.stdout : 0) | (stderr ? TEE.stderr : 0);
    const flags = streams | (mux ? TEE.mux : 0) | (carry ? TEE.carry : 0);
    this.#call(this.#library.tsker_pump_tee(this.#id, fd, flags), 'attaching to the output');
  }

  park(): Promise<boolean> {
    this.#parks += 1;
    if (this.#parks === 1) {
      this.#parking = Promise.withResolvers<boolean>();
      const result = this.#library.tsker_pump_park(this.#id);
      if (result === -ERRNO.ENOENT) this.#settleParking(false);
      else check(result, 'holding the output');
    }
    return this.#parking.promise;
  }

  resume(): void {
    this.#parks -= 1;
    if (this.#parks === 0) this.#call(this.#library.tsker_pump_resume(this.#id), 'resuming the output');
  }

  release(): void {
    this.#call(this.#library.tsker_pump_release(this.#id), 'releasing the output');
  }

  watch(callback: () => void): void {
    this.#watchers.push(callback);
    if (this.#watchers.length > 1) return;
    this.#call(this.#library.tsker_pump_watch(this.#id), 'watching the log');
  }

  rotate(logFd: number): void {
    this.#call(this.#library.tsker_pump_log(this.#id, logFd), 'changing the log file');
  }

  stop(): void {
    this.#call(this.#library.tsker_pump_stop(this.#id), 'stopping the output pump');
  }

  drain(): void {
    this.#call(this.#library.tsker_pump_drain(this.#id), 'draining the output pump');
  }

  /** A pump that has ended knows its id no more: descriptors given to it were closed, and there is nothing to watch. */
  #call(result: number, what: string): void {
    if (result !== -ERRNO.ENOENT) check(result, what);
  }

  #notify(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const callback of watchers) callback();
  }

  /** With `false` nobody is to resume. */
  #settleParking(parked: boolean): void {
    if (!parked) this.#parks = 0;
    this.#parking.resolve(parked);
  }

  #finish(): void {
    this.#events.remove(this.#id);
    this.#settleParking(false);
    this.#watchers = [];
    this.#finishing.resolve();
  }
}
