// What the daemon asks its host once, and no other part knows.
import { readFileSync } from 'node:fs';

/** The memory nodes that the daemon may use, as the kernel lists them (`0-1,3`). */
export function memoryNodes(status = readFileSync('/proc/self/status', 'utf8')): string {
  return /^Mems_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '0';
}
