// Events of networks that a container's start and end cause.
import type { EventSink } from '../events.ts';
import type { Container } from './container.ts';

export function emitNetworkEvents(events: EventSink, container: Container, action: 'connect' | 'disconnect'): void {
  for (const { networkId, networkName } of container.record.endpoints) {
    events.emit({
      type: 'network',
      action,
      id: networkId,
      attributes: { container: container.id, name: networkName, type: networkName === 'none' ? 'null' : networkName },
    });
  }
}
