// Events on the wire (GET /events), in the API's own spelling. Shared by client and daemon; types only.

export type EventType = 'container' | 'image' | 'network' | 'volume' | 'daemon' | 'plugin' | 'builder';

export interface EventActor {
  readonly ID: string;
  /** All labels of the object, and `name`, `image`, `exitCode`, ... by action. */
  readonly Attributes: Readonly<Record<string, string>>;
}

/** One line of the stream. `status`, `id` and `from` are the old spelling, still read by clients; containers and images
 * carry them. */
export interface EventMessage {
  readonly status?: string;
  readonly id?: string;
  readonly from?: string;
  readonly Type: EventType;
  readonly Action: string;
  readonly Actor: EventActor;
  readonly scope: 'local';
  /** Epoch seconds. */
  readonly time: number;
  /** Epoch nanoseconds; JSON numbers lose the last few digits, as with every JavaScript client. */
  readonly timeNano: number;
}
