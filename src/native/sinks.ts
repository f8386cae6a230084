// Where a pump's lines go besides attached clients: a json-file log that rotates, a syslog server. Threads of the library
// write them; JavaScript opens logs to read them, and makes the connections.
import { EVENT, LOG, LOG_LAYOUT, REMOTE, REMOTE_LAYOUT, TIME } from './abi.ts';
import type { Library } from './binding.ts';
import { ERRNO, errnoName } from './errno.ts';
import type { EventPipe, NativeEvent } from './events.ts';
import { check, cString } from './failure.ts';
import type { LogPin, LogRequest, LogSink, RemoteRequest, RemoteSink } from './output-requests.ts';

export function openLogSink(library: Library, events: EventPipe, request: LogRequest): LogSink {
  const sink = new LogHandle(library, events);
  sink.open(request);
  return sink;
}

export function openRemoteSink(library: Library, events: EventPipe, request: RemoteRequest): RemoteSink {
  const sink = new RemoteHandle(library, events, request.onLost);
  sink.open(request);
  return sink;
}

class LogHandle implements LogSink {
  readonly id: number;
  readonly #library: Library;
  readonly #events: EventPipe;
  readonly #pins = new Set<Pin>();
  #watchers: (() => void)[] = [];
  #pinned = 0;
  #closed = false;

  constructor(library: Library, events: EventPipe) {
    this.#library = library;
    this.#events = events;
    this.id = events.add((event) => {
      if (event.type === EVENT.logged) this.#notify();
    });
  }

  open({ path, maxSize, maxFiles, compress, nonBlocking, buffer, attributes }: LogRequest): void {
    const options = Buffer.alloc(LOG_LAYOUT.size);
    options.writeBigUInt64LE(BigInt(maxSize ?? 0), LOG_LAYOUT.maxSize);
    options.writeBigUInt64LE(BigInt(buffer ?? 0), LOG_LAYOUT.buffer);
    options.writeUInt32LE(maxFiles, LOG_LAYOUT.maxFiles);
    options.writeUInt32LE((compress ? LOG.compress : 0) | (nonBlocking ? LOG.nonblock : 0), LOG_LAYOUT.flags);
    const result = this.#library.tsker_log_open(
      this.id,
      cString(path, 'path'),
      options,
      options.length,
      cString(attributes, 'attributes'),
    );
    if (result < 0) this.#events.remove(this.id);
    check(result, `opening the log ${path}`);
  }

  generation(): number {
    return check(this.#library.tsker_log_generation(this.id), 'asking for the log file');
  }

  openFile(generation: number): number | undefined {
    const result = this.#library.tsker_log_file(this.id, generation);
    return result === -ERRNO.ENOENT ? undefined : check(result, 'opening a log file');
  }

  watch(callback: () => void): void {
    this.#watchers.push(callback);
    if (this.#watchers.length === 1) check(this.#library.tsker_log_watch(this.id), 'watching the log');
  }

  pin(generation: number): LogPin {
    const pin = new Pin(generation, (changed) => {
      if (changed.generation === undefined) this.#pins.delete(changed);
      this.#updatePins();
    });
    this.#pins.add(pin);
    this.#updatePins();
    return pin;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#events.remove(this.id);
    this.#watchers = [];
    check(this.#library.tsker_sink_close(this.id), 'closing a log');
  }

  /** The library keeps one number: what the slowest follower still needs. */
  #updatePins(): void {
    const generations = [...this.#pins].map((pin) => pin.generation ?? 0);
    const oldest = generations.length === 0 ? 0 : Math.min(...generations);
    if (oldest === this.#pinned || this.#closed) return;
    this.#pinned = oldest;
    check(this.#library.tsker_log_pin(this.id, oldest), 'keeping log files');
  }

  #notify(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const callback of watchers) callback();
  }
}

class Pin implements LogPin {
  generation: number | undefined;
  readonly #changed: (pin: Pin) => void;

  constructor(generation: number, changed: (pin: Pin) => void) {
    this.generation = generation;
    this.#changed = changed;
  }

  advance(generation: number): void {
    if (this.generation === undefined || generation <= this.generation) return;
    this.generation = generation;
    this.#changed(this);
  }

  release(): void {
    if (this.generation === undefined) return;
    this.generation = undefined;
    this.#changed(this);
  }
}

class RemoteHandle implements RemoteSink {
  readonly id: number;
  readonly #library: Library;
  readonly #events: EventPipe;
  readonly #onLost: RemoteRequest['onLost'];
  #drained: (() => void)[] = [];
  #closed = false;

  constructor(library: Library, events: EventPipe, onLost: RemoteRequest['onLost']) {
    this.#library = library;
    this.#events = events;
    this.#onLost = onLost;
    this.id = events.add((event) => {
      if (event.type === EVENT.sink) this.#handle(event);
    });
  }

  open(request: RemoteRequest): void {
    const options = Buffer.alloc(REMOTE_LAYOUT.size);
    options.writeBigUInt64LE(BigInt(request.buffer ?? 0), REMOTE_LAYOUT.buffer);
    options.writeUInt32LE(flagsOf(request), REMOTE_LAYOUT.flags);
    options.writeUInt32LE(TIME[request.time], REMOTE_LAYOUT.time);
    options.writeUInt32LE(request.stdoutPriority, REMOTE_LAYOUT.stdoutPriority);
    options.writeUInt32LE(request.stderrPriority, REMOTE_LAYOUT.stderrPriority);
    const { before, after } = request;
    const result = this.#library.tsker_remote_open(
      this.id,
      options,
      options.length,
      cString(before, 'header'),
      cString(after, 'header'),
    );
    if (result < 0) this.#events.remove(this.id);
    check(result, 'opening a log sink');
  }

  connect(fd: number | undefined): number {
    return check(this.#library.tsker_remote_connect(this.id, fd ?? -1), 'connecting a log sink');
  }

  drained(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (check(this.#library.tsker_sink_end(this.id), 'ending a log sink') > 0) resolve();
    else this.#drained.push(resolve);
    return promise;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#events.remove(this.id);
    check(this.#library.tsker_sink_close(this.id), 'closing a log sink');
    this.#settle();
  }

  #handle({ a: errno, b: lines }: NativeEvent): void {
    if (errno === 0) this.#settle();
    this.#onLost({ lines, ...(errno === 0 ? {} : { errno: errnoName(errno) }) });
  }

  #settle(): void {
    const waiting = this.#drained;
    this.#drained = [];
    for (const resolve of waiting) resolve();
  }
}

function flagsOf({ counted, nonBlocking, lossy }: RemoteRequest): number {
  return (counted ? REMOTE.counted : 0) | (nonBlocking ? REMOTE.nonblock : 0) | (lossy ? REMOTE.lossy : 0);
}
