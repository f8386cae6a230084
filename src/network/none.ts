// Network mode `none`: a namespace of its own with nothing but loopback.
import { randomBytes } from 'node:crypto';
import { routeOp } from './kernel.ts';
import { LOOPBACK_INDEX, setLinkUp } from './netlink/route.ts';
import type { Driver, Endpoint } from './network.ts';
import type { NetworkRecord } from './records.ts';

export function noneDriver(record: NetworkRecord): Driver {
  return {
    attach: () => ({
      namespace: 'new',
      setup: () => [routeOp([setLinkUp(LOOPBACK_INDEX)])],
      endpoints: [endpointWithoutAddress(record)],
    }),
  };
}

/** What inspect shows of a network that gives no address. */
export function endpointWithoutAddress(record: NetworkRecord): Endpoint {
  return {
    networkName: record.name,
    networkId: record.id,
    endpointId: randomBytes(32).toString('hex'),
    ...{ address: '', prefixLength: 0, gateway: '', macAddress: '' },
  };
}
