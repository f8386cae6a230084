// What stands where on a command line: the subject of each argument of a command, and of the values of flags. Data, not code;
// names.ts asks the daemon for those that it knows, the shell completes files.

/** Names that the daemon has, files of the client's, or words that are always the same. */
export type Subject =
  | 'containers'
  | 'running'
  | 'stopped'
  | 'paused'
  | 'images'
  | 'networks'
  | 'volumes'
  | 'objects'
  | 'files'
  | readonly string[];

export interface Arguments {
  /** By position. */
  readonly at?: readonly Subject[];
  /** Behind those. */
  readonly rest?: Subject;
}

const every = (rest: Subject): Arguments => ({ rest });

/** By the first name of a command in table.ts. Commands that are missing take nothing that can be guessed. */
export const ARGUMENTS: Readonly<Record<string, Arguments>> = {
  attach: { at: ['running'] },
  build: every('files'),
  commit: { at: ['containers', 'images'] },
  'container inspect': every('containers'),
  cp: every('files'),
  create: { at: ['images'], rest: 'files' },
  diff: { at: ['containers'] },
  exec: { at: ['running'], rest: 'files' },
  export: { at: ['containers'] },
  history: { at: ['images'] },
  'image inspect': every('images'),
  images: { at: ['images'] },
  import: { at: ['files', 'images'] },
  inspect: every('objects'),
  kill: every('running'),
  logs: { at: ['containers'] },
  'network connect': { at: ['networks', 'containers'] },
  'network disconnect': { at: ['networks', 'containers'] },
  'network inspect': every('networks'),
  'network rm': every('networks'),
  pause: every('running'),
  port: { at: ['running'] },
  pull: { at: ['images'] },
  push: { at: ['images'] },
  rename: { at: ['containers'] },
  restart: every('containers'),
  rm: every('containers'),
  rmi: every('images'),
  run: { at: ['images'], rest: 'files' },
  save: every('images'),
  start: every('stopped'),
  stats: every('running'),
  stop: every('running'),
  tag: { at: ['images', 'images'] },
  top: { at: ['running'] },
  unpause: every('paused'),
  update: every('containers'),
  peek: { at: ['containers'] },
  'volume inspect': every('volumes'),
  'volume rm': every('volumes'),
  wait: every('containers'),
  xray: { at: ['running'] },
};

const SIGNALS = ['HUP', 'INT', 'QUIT', 'KILL', 'USR1', 'USR2', 'TERM', 'CONT', 'STOP', 'WINCH'];

/** By the long name of a flag, whichever command it is of. */
export const VALUES: Readonly<Record<string, Subject>> = {
  'cache-from': 'images',
  cidfile: 'files',
  'container-network': 'networks',
  'env-file': 'files',
  explain: ['text', 'json', 'trace', 'chrome'],
  file: 'files',
  iidfile: 'files',
  input: 'files',
  ipc: ['host', 'none', 'private', 'shareable', 'container:'],
  'label-file': 'files',
  link: 'running',
  'log-driver': ['json-file', 'syslog', 'none'],
  net: 'networks',
  network: 'networks',
  output: 'files',
  pid: ['host', 'container:'],
  platform: ['linux/amd64', 'linux/arm64'],
  pull: ['always', 'missing', 'never'],
  restart: ['no', 'always', 'on-failure', 'unless-stopped'],
  signal: SIGNALS,
  'stop-signal': SIGNALS,
  userns: ['host'],
  uts: ['host'],
  volume: 'files',
  'volumes-from': 'containers',
};
