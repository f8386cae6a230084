// Lets the host route between its interfaces. Like Docker, it is left on: others may have come to rely on it.
import { messageOf } from '../util/errors.ts';
import type { Family } from './address.ts';
import type { HostFiles } from './host-files.ts';

const SWITCHES: Readonly<Record<Family, readonly string[]>> = {
  4: ['/proc/sys/net/ipv4/ip_forward'],
  6: ['/proc/sys/net/ipv6/conf/default/forwarding', '/proc/sys/net/ipv6/conf/all/forwarding'],
};

/** Says in a warning what will not work where it cannot. */
export function enableForwarding(files: HostFiles, families: readonly Family[], warn: (message: string) => void): void {
  for (const family of families) {
    try {
      for (const path of SWITCHES[family]) if (files.read(path).trim() !== '1') files.write(path, '1');
    } catch (error) {
      warn(`cannot switch on IPv${family} forwarding: containers reach nothing outside (${messageOf(error)})`);
    }
  }
}
