// Commands about networks.
import { BELOW_NOUN, type TableEntry } from './entry.ts';

export const NETWORK_COMMANDS: readonly TableEntry[] = [
  {
    names: ['network connect'],
    summary: 'Connect a container to a network',
    section: BELOW_NOUN,
    load: async () => (await import('../commands/network-connect.ts')).connectNetwork,
  },
  {
    names: ['network create'],
    summary: 'Create a network',
    section: BELOW_NOUN,
    load: async () => (await import('../commands/network-create.ts')).createNetwork,
  },
  {
    names: ['network disconnect'],
    summary: 'Disconnect a container from a network',
    section: BELOW_NOUN,
    load: async () => (await import('../commands/network-disconnect.ts')).disconnectNetwork,
  },
  {
    names: ['network inspect'],
    summary: 'Display detailed information on one or more networks',
    section: BELOW_NOUN,
    load: async () => (await import('../commands/inspect.ts')).inspectNetwork,
  },
  {
    names: ['network ls', 'network list'],
    summary: 'List networks',
    section: BELOW_NOUN,
    load: async () => (await import('../commands/network-ls.ts')).listNetworks,
  },
  {
    names: ['network prune'],
    summary: 'Remove all unused networks',
    section: BELOW_NOUN,
    load: async () => (await import('../commands/network-prune.ts')).pruneNetworks,
  },
  {
    names: ['network rm', 'network remove'],
    summary: 'Remove one or more networks',
    section: BELOW_NOUN,
    load: async () => (await import('../commands/network-rm.ts')).removeNetworks,
  },
];
