// What `ps -e` calls this process: Node calls its first thread, and so every process of ours, MainThread. Not the words of the command
// line, which stay as they are for those who look for them.
import { writeFileSync } from 'node:fs';

/** At most 15 bytes: the kernel keeps no more (proc_pid_comm(5)). */
export type ProcessName = 'tsker' | 'tsker-ctrd' | 'tsker-runc';

export function nameProcess(name: ProcessName): void {
  try {
    writeFileSync('/proc/self/comm', name);
  } catch {
    // Without /proc nobody can see the name either.
  }
}
