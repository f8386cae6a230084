// What the system routes need of the engine; daemon/system and daemon/events play them. Types only.
import type { EventMessage } from '../../types/event.ts';
import type { HostEffect, InfoResponse, VersionResponse } from '../../types/system.ts';
import type { Filters } from '../filters.ts';

export interface SystemInformation {
  version(): VersionResponse;
  info(): Promise<InfoResponse>;
  /** Everything tsker made on the host and would undo, oldest first. */
  hostEffects(): HostEffect[];
}

export interface EventQuery {
  /** Epoch nanoseconds: stored events from here on come first. */
  readonly since: bigint | undefined;
  /** Epoch nanoseconds: the stream ends here. */
  readonly until: bigint | undefined;
  readonly filters: Filters;
}

export interface EventSource {
  /** Ends at `until`, or when the signal is aborted. Batches keep the order in which things happened. */
  subscribe(query: EventQuery, signal: AbortSignal): AsyncIterable<readonly EventMessage[]>;
}

export type SystemBackend = SystemInformation & EventSource;
