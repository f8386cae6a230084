// Events of networks that a container's start and end cause.
import type { Endpoint } from '../../network/network.ts';
import type { EventSink } from '../events.ts';
import type { Container } from './container.ts';

/** `endpoints`: of the run that has begun, or has ended. */
export function emitNetworkEvents(
  events: EventSink,
  container: Container,
  action: 'connect' | 'disconnect',
  endpoints: readonly Endpoint[] = container.record.endpoints,
): void {
  for (const { networkId, networkName, driver, gatewayOnly } of endpoints) {
    if (gatewayOnly === true) continue;
    events.emit({
      type: 'network',
      action,
      id: networkId,
      attributes: { container: container.id, name: networkName, type: driver ?? networkName },
    });
  }
}
