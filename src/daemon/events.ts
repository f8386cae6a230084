// The engine's events: numbered by time, stored up to a bound so that `since` finds them after a restart, and handed to
// whoever listens. What happens when is the verbs' matter.
import type { EventQuery, EventSource } from '../api/system/backend.ts';
import { type Db, isForWantOfRoom, type Statement } from '../store/database.ts';
import type { Reserve } from '../store/reserve.ts';
import type { EventMessage, EventType } from '../types/event.ts';
import type { Clock } from './clock.ts';
import { matchesEvent } from './event-filter.ts';

export interface NewEvent {
  readonly type: EventType;
  readonly action: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What parts that only report need. */
export interface EventSink {
  emit(event: NewEvent): void;
}

/** Rows kept; the oldest go first. */
const STORED_MAX = 4096;
/** Rows beyond the bound before they are deleted: not at every event. */
const STORED_SLACK = 512;
/** Events a listener may be behind before it is cut off. */
const BACKLOG_MAX = 16_384;

/** Milliseconds that events wait in memory: this much of the history goes with a daemon that is killed. */
const FLUSH_AFTER = 50;

const FOREVER = 2n ** 63n - 1n;

interface Stamped {
  readonly time: bigint;
  readonly message: EventMessage;
}

type Listener = (event: Stamped) => void;

export class EventLog implements EventSink, EventSource {
  readonly #clock: Clock;
  readonly #reserve: Pick<Reserve, 'isShort'>;
  readonly #listeners = new Set<Listener>();
  readonly #insert: Statement<[bigint, string]>;
  readonly #between: Statement<[bigint, bigint], { document: string }>;
  readonly #prune: Statement<[number]>;
  readonly #store: (events: readonly Stamped[]) => void;
  #unstored: Stamped[] = [];
  #sincePrune = STORED_SLACK;
  /** Since the daemon began. */
  #emitted = 0;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(db: Db, clock: Clock, reserve: Pick<Reserve, 'isShort'>) {
    this.#clock = clock;
    this.#reserve = reserve;
    this.#insert = db.prepare('INSERT INTO events (time_nano, document) VALUES (?, ?)');
    this.#between = db.prepare('SELECT document FROM events WHERE time_nano >= ? AND time_nano <= ? ORDER BY id');
    this.#prune = db.prepare('DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - ?');
    this.#store = db.transaction((events: readonly Stamped[]) => {
      for (const { time, message } of events) this.#insert.run(time, JSON.stringify(message));
    });
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  get emitted(): number {
    return this.#emitted;
  }

  emit(event: NewEvent): void {
    this.#emitted += 1;
    const stamped = stamp(event, this.#clock());
    this.#unstored.push(stamped);
    this.#flushSoon();
    for (const listener of this.#listeners) listener(stamped);
  }

  /** One transaction for all events of a moment, and not while clients wait: a container's short life makes seven. */
  #flushSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flushIfThereIsRoom();
    }, FLUSH_AFTER);
  }

  /** History must not use up what the ends of containers need. The next event tries again, with as many as are ever kept. */
  #flushIfThereIsRoom(): void {
    if (!this.#reserve.isShort) this.flush();
    else this.#unstored.splice(0, this.#unstored.length - STORED_MAX);
  }

  /** Writes what has not been written yet, when there is room; what comes later is heard, and not stored. */
  close(): void {
    clearTimeout(this.#timer);
    this.flush();
    this.#closed = true;
  }

  flush(): void {
    if (this.#unstored.length === 0 || this.#closed) return;
    try {
      this.#store(this.#unstored);
    } catch (error) {
      if (!isForWantOfRoom(error)) throw error;
      return;
    }
    this.#sincePrune += this.#unstored.length;
    this.#unstored = [];
    if (this.#sincePrune < STORED_SLACK) return;
    this.#sincePrune = 0;
    this.#prune.run(STORED_MAX);
  }

  /** Listens from the moment of the call, not of the first read. */
  subscribe(query: EventQuery, signal: AbortSignal): AsyncIterable<readonly EventMessage[]> {
    const subscription = new Subscription(query, () => this.#listeners.delete(subscription.listener));
    if (query.since !== undefined) subscription.push(this.#stored(query.since, query.until));
    this.#listeners.add(subscription.listener);
    subscription.endAt(query.until, this.#clock());
    if (signal.aborted) subscription.end();
    signal.addEventListener('abort', () => subscription.end(), { once: true });
    return subscription.batches();
  }

  #stored(since: bigint, until: bigint | undefined): EventMessage[] {
    this.#flushIfThereIsRoom();
    const rows = this.#between.all(since, until ?? FOREVER);
    const unstored = this.#unstored.filter(({ time }) => time >= since && time <= (until ?? FOREVER));
    return [...rows.map(({ document }) => JSON.parse(document) as EventMessage), ...unstored.map((one) => one.message)];
  }
}

/** One listener: a queue that is emptied in batches. */
class Subscription {
  readonly #query: EventQuery;
  readonly #onEnd: () => void;
  #queue: EventMessage[] = [];
  #ended = false;
  #wake: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(query: EventQuery, onEnd: () => void) {
    this.#query = query;
    this.#onEnd = onEnd;
  }

  readonly listener: Listener = ({ time, message }) => {
    if (this.#query.until === undefined || time <= this.#query.until) this.push([message]);
  };

  push(events: readonly EventMessage[]): void {
    const wanted = events.filter((event) => matchesEvent(event, this.#query.filters));
    if (wanted.length === 0) return;
    this.#queue.push(...wanted);
    // A client that does not read must not fill the daemon's memory.
    if (this.#queue.length > BACKLOG_MAX) this.end();
    this.#wake();
  }

  endAt(until: bigint | undefined, now: bigint): void {
    if (until === undefined) return;
    const milliseconds = Number((until - now) / 1_000_000n);
    if (milliseconds <= 0) this.end();
    // setTimeout takes 31 bits: a later end is no end for any client.
    else if (milliseconds < 2 ** 31) this.#timer = setTimeout(() => this.end(), milliseconds);
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#onEnd();
    this.#wake();
  }

  async *batches(): AsyncGenerator<readonly EventMessage[]> {
    try {
      for (;;) {
        if (this.#queue.length > 0) {
          const batch = this.#queue;
          this.#queue = [];
          yield batch;
        } else if (this.#ended) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      this.end();
    }
  }
}

/** Containers and images carry the old spelling too: docker-py and old clients read it. */
function stamp({ type, action, id, attributes }: NewEvent, time: bigint): Stamped {
  const old =
    type === 'container'
      ? { status: action, id, from: attributes['image'] ?? '' }
      : type === 'image'
        ? { status: action, id }
        : {};
  const message: EventMessage = {
    ...old,
    Type: type,
    Action: action,
    Actor: { ID: id, Attributes: attributes },
    scope: 'local',
    time: Number(time / 1_000_000_000n),
    timeNano: Number(time),
  };
  return { time, message };
}
