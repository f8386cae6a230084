// Network mode `host`: the container lives in the host's own namespace; there is nothing to set up.
import type { Driver } from './network.ts';
import { endpointWithoutAddress } from './none.ts';
import type { NetworkRecord } from './records.ts';

export function hostDriver(record: NetworkRecord): Driver {
  return {
    attach: () => ({ namespace: 'host', setup: () => [], endpoints: [endpointWithoutAddress(record)] }),
  };
}
