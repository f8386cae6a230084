// The event pipe of the native library: 32-byte records, handed to whoever registered the record's id. It keeps the
// event loop alive exactly while somebody waits.
import { Socket } from 'node:net';
import { EVENT_LAYOUT } from './abi.ts';

export interface NativeEvent {
  /** One of EVENT. */
  readonly type: number;
  readonly a: number;
  readonly b: number;
  /** Nanoseconds: when it happened (CLOCK_MONOTONIC), a duration for a trace. */
  readonly ns: number;
}

export type EventListener = (event: NativeEvent) => void;

const TWO_32 = 2 ** 32;

export class EventPipe {
  readonly #socket: Socket;
  readonly #listeners = new Map<number, EventListener>();
  #rest: Buffer = Buffer.alloc(0);
  #lastId = 0;

  /** Takes over `fd`, the read end. */
  constructor(fd: number) {
    // Not fs.createReadStream: that would hold a thread of libuv's pool for good.
    this.#socket = new Socket({ fd, readable: true, writable: false });
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on('close', () => {
      throw new Error('the event pipe of the native library was closed');
    });
    this.#socket.unref();
  }

  /** A new id; its events go to `listener` until it is removed. */
  add(listener: EventListener): number {
    const id = ++this.#lastId;
    this.#listeners.set(id, listener);
    if (this.#listeners.size === 1) this.#socket.ref();
    return id;
  }

  remove(id: number): void {
    if (this.#listeners.delete(id) && this.#listeners.size === 0) this.#socket.unref();
  }

  #receive(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const whole = bytes.length - (bytes.length % EVENT_LAYOUT.size);
    for (let at = 0; at < whole; at += EVENT_LAYOUT.size) this.#dispatch(view, at);
    this.#rest = bytes.subarray(whole);
  }

  #dispatch(view: DataView, at: number): void {
    const listener = this.#listeners.get(readU64(view, at + EVENT_LAYOUT.id));
    if (listener === undefined) return; // of a job whose waiter is gone
    try {
      listener({
        type: view.getUint32(at + EVENT_LAYOUT.type, true),
        a: view.getInt32(at + EVENT_LAYOUT.a, true),
        b: view.getInt32(at + EVENT_LAYOUT.b, true),
        ns: readU64(view, at + EVENT_LAYOUT.ns),
      });
    } catch (error) {
      // A callback that throws is a defect to be seen, but the events behind it are other containers'.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

/** Ids are counted from 1 and times fit 104 days in 2^53: a bigint is not worth its allocation. */
function readU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * TWO_32;
}
