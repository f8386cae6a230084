// Commands about the daemon, its registries, and things of every kind.
import { BELOW_NOUN, COMMON, PLAIN, type TableEntry } from './entry.ts';

export const SYSTEM_COMMANDS: readonly TableEntry[] = [
  {
    names: ['version'],
    summary: 'Show the version of client and daemon',
    section: COMMON,
    load: async () => (await import('../commands/version.ts')).version,
  },
  {
    names: ['info', 'system info'],
    summary: 'Display system-wide information',
    section: COMMON,
    load: async () => (await import('../commands/info.ts')).info,
  },
  {
    names: ['events', 'system events'],
    summary: 'Get real time events from the daemon',
    section: PLAIN,
    load: async () => (await import('../commands/events.ts')).events,
  },
  {
    names: ['inspect'],
    summary: 'Return low-level information on containers, images, networks and volumes',
    section: PLAIN,
    load: async () => (await import('../commands/inspect.ts')).inspect,
  },
  {
    names: ['login'],
    summary: 'Authenticate to a registry',
    section: PLAIN,
    load: async () => (await import('../commands/login.ts')).login,
  },
  {
    names: ['logout'],
    summary: 'Log out from a registry',
    section: PLAIN,
    load: async () => (await import('../commands/logout.ts')).logout,
  },
  {
    names: ['ping'],
    summary: 'Ask whether the daemon answers',
    section: PLAIN,
    load: async () => (await import('../commands/ping.ts')).ping,
  },
  {
    names: ['system df'],
    summary: 'Show disk usage',
    section: BELOW_NOUN,
    load: async () => (await import('../commands/system-df.ts')).systemDf,
  },
  {
    names: ['system dial-stdio'],
    summary: 'Connect standard input and output to the daemon; what -H ssh:// runs on the other host',
    section: BELOW_NOUN,
    hidden: true,
    load: async () => (await import('../commands/system-dial-stdio.ts')).dialStdio,
  },
  {
    names: ['system host'],
    summary: 'List what tsker made on the host, and how it would be undone',
    section: BELOW_NOUN,
    load: async () => (await import('../commands/host.ts')).host,
  },
  {
    names: ['system install-units'],
    summary: 'Write the units with which systemd starts the daemon',
    section: BELOW_NOUN,
    load: async () => (await import('../commands/system-install-units.ts')).installUnits,
  },
  {
    names: ['system prune'],
    summary: 'Remove unused data',
    section: BELOW_NOUN,
    load: async () => (await import('../commands/system-prune.ts')).pruneSystem,
  },
];
