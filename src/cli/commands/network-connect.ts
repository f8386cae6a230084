// tsker network connect [OPTIONS] NETWORK CONTAINER: a container joins one more network.
import type { EndpointIpam } from '../../types/container.ts';
import { defineCommand } from '../command.ts';
import { defined } from '../create/defined.ts';
import { orUndefined, pairsToMap } from '../create/words.ts';
import { defineFlags } from '../flags/spec.ts';
import { networkPath } from '../targets.ts';

const flags = defineFlags({
  alias: { kind: 'list', summary: 'Add network-scoped alias for the container' },
  'driver-opt': { kind: 'list', summary: 'driver options for the network' },
  'gw-priority': {
    kind: 'integer',
    summary: 'Highest gw-priority provides the default gateway. Accepts positive and negative values.',
  },
  ip: { kind: 'string', summary: 'IPv4 address (e.g., "172.30.100.104")' },
  ip6: { kind: 'string', summary: 'IPv6 address (e.g., "2001:db8::33")' },
  link: { kind: 'list', summary: 'Add link to another container' },
  'link-local-ip': { kind: 'list', summary: 'Add a link-local address for the container' },
});

export const connectNetwork = defineCommand({
  usage: '[OPTIONS] NETWORK CONTAINER',
  flags,
  args: { min: 2, max: 2 },
  examples: [['network connect --alias db backend postgres', 'Others on the network find it as db too']],
  async run({ client, flags, args: [network = '', container = ''] }) {
    const ipam = defined<EndpointIpam>({
      IPv4Address: flags.ip,
      IPv6Address: flags.ip6,
      LinkLocalIPs: orUndefined(flags['link-local-ip']),
    });
    const json = {
      Container: container,
      EndpointConfig: {
        ...(Object.keys(ipam).length === 0 ? {} : { IPAMConfig: ipam }),
        Aliases: orUndefined(flags.alias),
        Links: orUndefined(flags.link),
        DriverOpts: pairsToMap(flags['driver-opt']),
        GwPriority: flags['gw-priority'],
      },
    };
    await client.send('POST', networkPath(network, 'connect'), { json });
    return 0;
  },
});
