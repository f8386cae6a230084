// Commands about volumes.
import { BELOW_NOUN, type TableEntry } from './entry.ts';

export const VOLUME_COMMANDS: readonly TableEntry[] = [
  {
    names: ['volume create'],
    summary: 'Create a volume',
    section: BELOW_NOUN,
    load: async () => (await import('../commands/volume-create.ts')).createVolume,
  },
  {
    names: ['volume inspect'],
    summary: 'Display detailed information on one or more volumes',
    section: BELOW_NOUN,
    load: async () => (await import('../commands/inspect.ts')).inspectVolume,
  },
  {
    names: ['volume ls', 'volume list'],
    summary: 'List volumes',
    section: BELOW_NOUN,
    load: async () => (await import('../commands/volume-ls.ts')).listVolumes,
  },
  {
    names: ['volume prune'],
    summary: 'Remove unused local volumes',
    section: BELOW_NOUN,
    load: async () => (await import('../commands/volume-prune.ts')).pruneVolumes,
  },
  {
    names: ['volume rm', 'volume remove'],
    summary: 'Remove one or more volumes',
    section: BELOW_NOUN,
    load: async () => (await import('../commands/volume-rm.ts')).removeVolumes,
  },
];
