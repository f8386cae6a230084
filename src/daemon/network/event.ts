// Events of networks themselves: create, destroy. Those of containers that come and go are container/network-event.ts.
import type { NetworkRecord } from '../../network/records.ts';
import type { EventSink } from '../events.ts';

export function emitNetworkEvent(
  events: EventSink,
  { id, name, driver }: NetworkRecord,
  action: 'create' | 'destroy',
): void {
  events.emit({ type: 'network', action, id, attributes: { name, type: driver } });
}
