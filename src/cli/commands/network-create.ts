// tsker network create [OPTIONS] NETWORK: make a network.
import type { NetworkCreateRequest, NetworkCreateResponse } from '../../types/network.ts';
import { defineCommand } from '../command.ts';
import { ipamConfig } from '../create/ipam.ts';
import { pairsToMap } from '../create/words.ts';
import { defineFlags } from '../flags/spec.ts';

const flags = defineFlags({
  attachable: { kind: 'boolean', summary: 'Enable manual container attachment' },
  'aux-address': { kind: 'list', value: 'map', summary: 'Auxiliary IPv4 or IPv6 addresses used by Network driver' },
  driver: { kind: 'string', short: 'd', summary: 'Driver to manage the Network (default "bridge")' },
  gateway: { kind: 'list', summary: 'IPv4 or IPv6 Gateway for the master subnet' },
  internal: { kind: 'boolean', summary: 'Restrict external access to the network' },
  'ip-range': { kind: 'list', summary: 'Allocate container ip from a sub-range' },
  'ipam-driver': { kind: 'string', summary: 'IP Address Management Driver (default "default")' },
  'ipam-opt': { kind: 'list', value: 'map', summary: 'Set IPAM driver specific options' },
  ipv4: { kind: 'boolean', summary: 'Enable or disable IPv4 address assignment (default true)' },
  ipv6: { kind: 'boolean', summary: 'Enable or disable IPv6 address assignment' },
  label: { kind: 'list', summary: 'Set metadata on a network' },
  opt: { kind: 'list', short: 'o', value: 'map', summary: 'Set driver specific options' },
  scope: { kind: 'string', summary: "Control the network's scope" },
  subnet: { kind: 'list', summary: 'Subnet in CIDR format that represents a network segment' },
});

export const createNetwork = defineCommand({
  usage: '[OPTIONS] NETWORK',
  flags,
  args: { min: 1, max: 1 },
  examples: [
    ['network create backend', 'Containers on it find each other by name'],
    ['network create --subnet 10.5.0.0/16 --ip-range 10.5.9.0/24 lab', 'With addresses of your own'],
    ['network create -d macvlan -o parent=eth0 --subnet 192.0.2.0/24 lan', "Neighbours of the host's neighbours"],
  ],
  async run({ client, flags, args: [name = ''], io }) {
    const body: Omit<NetworkCreateRequest, 'EnableIPv4'> & { readonly EnableIPv4?: boolean; readonly Scope?: string } =
      {
        Name: name,
        Driver: flags.driver ?? 'bridge',
        Internal: flags.internal ?? false,
        Attachable: flags.attachable ?? false,
        ...(flags.ipv4 === undefined ? {} : { EnableIPv4: flags.ipv4 }),
        EnableIPv6: flags.ipv6 ?? false,
        ...(flags.scope === undefined ? {} : { Scope: flags.scope }),
        IPAM: {
          Driver: flags['ipam-driver'] ?? 'default',
          Options: pairsToMap(flags['ipam-opt']) ?? {},
          Config: ipamConfig(flags),
        },
        Options: pairsToMap(flags.opt) ?? {},
        Labels: pairsToMap(flags.label) ?? {},
      };
    const { Id, Warning } = await client.json<NetworkCreateResponse>('POST', '/networks/create', { json: body });
    if (Warning !== '') io.stderr.write(`WARNING: ${Warning}\n`);
    io.stdout.write(`${Id}\n`);
    return 0;
  },
});
