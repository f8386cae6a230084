// One network as the fields that a list and its templates can name. Pure.
import type { NetworkResource } from '../../types/network.ts';
import { shortId } from './human.ts';

export const NETWORK_HEADERS = {
  CreatedAt: 'CREATED AT',
  Driver: 'DRIVER',
  ID: 'NETWORK ID',
  IPv4: 'IPV4',
  IPv6: 'IPV6',
  Internal: 'INTERNAL',
  Labels: 'LABELS',
  Name: 'NAME',
  Scope: 'SCOPE',
};

export interface NetworkRow extends Readonly<Record<string, unknown>> {
  readonly ID: string;
}

export function networkRow(network: NetworkResource, { noTrunc }: { readonly noTrunc: boolean }): NetworkRow {
  const { Id, Name, Driver, Scope, Created, EnableIPv4, EnableIPv6, Internal, Labels } = network;
  return {
    CreatedAt: goTimestamp(Created),
    Driver,
    ID: noTrunc ? Id : shortId(Id),
    IPv4: String(EnableIPv4),
    IPv6: String(EnableIPv6),
    Internal: String(Internal),
    Label: (name: string) => Labels[name] ?? '',
    Labels: Object.entries(Labels)
      .map(([name, value]) => `${name}=${value}`)
      .toSorted()
      .join(','),
    Name,
    Scope,
  };
}

/** `2026-11-21 16:08:47.062884669 +0000 UTC`, as Go prints the time of the wire. */
function goTimestamp(created: string): string {
  return created.replace('T', ' ').replace(/\.?0*Z$|Z$/, ' +0000 UTC');
}
