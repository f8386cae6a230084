// Where the other hosts reach this one: --cluster-advertise, looked up among the host's own addresses.
import { isIPv4 } from 'node:net';
import { TskerError } from '../../util/errors.ts';
import { formatAddress, ipOf } from '../address.ts';
import type { Kernel } from '../kernel.ts';

/** The address, or the first that the interface has. Throws `invalid` when it is not this host's. */
export function vtepOf(place: string, kernel: Pick<Kernel, 'addresses' | 'links'>): string {
  const index = isIPv4(place) ? undefined : kernel.links().find(({ name }) => name === place)?.index;
  const own = kernel.addresses().filter(({ family }) => family === 4);
  const found = own.find((one) => (index === undefined ? formatAddress(ipOf(one)) === place : one.index === index));
  if (found !== undefined) return formatAddress(ipOf(found));
  throw new TskerError(
    'invalid',
    `--cluster-advertise ${place}: this host has no such address, nor an interface of that name with one`,
  );
}
