// Commands that show how a container engine works, in the order of help.
import { type TableEntry, TEACHING } from './entry.ts';

export const TEACHING_COMMANDS: readonly TableEntry[] = [
  {
    names: ['demo'],
    summary: 'Tell what the monolith and the split are, and check it on this machine',
    section: TEACHING,
    load: async () => (await import('../commands/demo.ts')).demo,
  },
  {
    names: ['xray', 'container xray'],
    summary: 'Draw what the kernel sees of a running container',
    section: TEACHING,
    load: async () => (await import('../commands/xray.ts')).xray,
  },
  {
    names: ['peek', 'container peek'],
    summary: 'Look at a container that is being started step by step (run --step)',
    section: TEACHING,
    load: async () => (await import('../commands/peek.ts')).peek,
  },
];
