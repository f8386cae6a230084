// A container in the daemon's memory: its stored record, and what exists only while the daemon lives (the run, those who
// wait, those who attached before the start). The verbs act on it; it has no behaviour of its own.
import { Mutex } from '../mutex.ts';
import { Attachments } from './attachments.ts';
import { Health } from './health.ts';
import type { Io } from './io.ts';
import type { VolumeMount } from './mounts/types.ts';
import type { ContainerRecord } from './record.ts';
import { Backoff, type EndReason } from './restart-policy.ts';
import type { Run } from './run.ts';
import { Waiters } from './waiters.ts';

export class Container {
  readonly id: string;
  /** Set by the store, which has written it. */
  record: ContainerRecord;
  /** From the start until its end has been dealt with. */
  run: Run | undefined;
  /** Streams that have not ended; they may outlast the program whose they are. */
  io: Io | undefined;
  /** Start, end and removal of this container, one after the other. */
  readonly exclusive = new Mutex();
  readonly waiters = new Waiters();
  /** Why the run is to end, when somebody asked for it. */
  endReason: EndReason | undefined;
  readonly backoff = new Backoff();
  /** Since its first start, when it has a check. */
  health: Health | undefined;
  /** Volumes that drivers have mounted for the present run. */
  mountedVolumes: VolumeMount[] = [];
  /** Clients that attached while it did not run. */
  readonly attachments = new Attachments();

  constructor(record: ContainerRecord) {
    this.id = record.id;
    this.record = record;
    if (record.health !== undefined) this.health = new Health(record.health);
  }
}
