// Which hosts are this machine itself, by the look of them: nothing is resolved. Pure.
import { isIP } from 'node:net';

/** `localhost`, ::1 and what is in 127.0.0.0/8. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
