// Every command of `tsker runc`: its words, its options, and the file that does it, which is loaded when it is asked for.
import type { Flag, Options } from './arguments.ts';
import type { Session } from './session.ts';

export interface Invocation {
  readonly session: Session;
  readonly options: Options;
  readonly words: readonly string[];
}

export interface Command {
  readonly usage: string;
  readonly synopsis: string;
  /** How many words it takes; `atLeast` alone: any number from there. */
  readonly atLeast: number;
  readonly atMost?: number;
  readonly flags: readonly Flag[];
  /** Its words are a program's, options included, from the first one on. */
  readonly program?: true;
  /** Exit code of a failure; 1 without. */
  readonly failure?: number;
  readonly load: () => Promise<(invocation: Invocation) => Promise<number>>;
}

const text = (names: string, usage: string): Flag => ({ names: names.split(' '), value: 'text', usage });
const list = (names: string, usage: string): Flag => ({ names: names.split(' '), value: 'list', usage });
const number = (names: string, usage: string): Flag => ({ names: names.split(' '), value: 'number', usage });
const bool = (names: string, usage: string): Flag => ({ names: names.split(' '), usage });

/** Sockets, files and descriptors of whoever starts a process. */
const CONSOLE = text('console-socket', 'path of a unix socket that takes the master of the terminal');
const PID_FILE = text('pid-file', 'file to write the process id to');
const PRESERVE = number(
  'preserve-fds',
  'pass so many more descriptors to the program (stdio + $LISTEN_FDS + N in total)',
);
const FORMAT = text('format f', 'table or json (default: "table")');

const CREATE: readonly Flag[] = [
  text('bundle b', 'directory of the bundle (default: the current one)'),
  CONSOLE,
  PID_FILE,
  bool('no-pivot', 'refused: the root is always entered by pivot_root'),
  bool('no-new-keyring', 'accepted: no keyring is made'),
  PRESERVE,
];

const ONE_CONTAINER = { synopsis: '<container-id>', atLeast: 1, atMost: 1 } as const;

export const COMMANDS: Readonly<Record<string, Command>> = {
  checkpoint: {
    ...ONE_CONTAINER,
    usage: 'refused: checkpoints are not supported',
    flags: [],
    load: async () => (await import('./refused.ts')).checkpoint,
  },
  create: {
    ...ONE_CONTAINER,
    usage: 'create a container',
    flags: CREATE,
    load: async () => (await import('./create.ts')).create,
  },
  delete: {
    ...ONE_CONTAINER,
    usage: 'delete what a container that has ended holds',
    flags: [bool('force f', 'end the container first if it runs (SIGKILL)')],
    load: async () => (await import('./delete.ts')).deleteVerb,
  },
  events: {
    ...ONE_CONTAINER,
    usage: 'show statistics of a container, and when the kernel kills in it for memory',
    flags: [
      { names: ['interval'], value: 'duration', usage: 'time between two statistics (default: 5s)' },
      bool('stats', 'show them once'),
    ],
    load: async () => (await import('./events.ts')).events,
  },
  exec: {
    usage: 'execute another process in a container',
    synopsis: '<container-id> <command> [argument...] || --process process.json <container-id>',
    atLeast: 1,
    program: true,
    failure: 255,
    flags: [
      CONSOLE,
      text('cwd', 'working directory in the container'),
      list('env e', 'set an environment variable'),
      bool('tty t', 'allocate a terminal'),
      text('user u', 'numbers as <uid>[:<gid>]'),
      list('additional-gids g', 'another group id'),
      text('process p', 'file with the process in the form of config.json'),
      bool('detach d', 'do not wait for the process'),
      PID_FILE,
      text('process-label', 'SELinux label'),
      text('apparmor', 'AppArmor profile'),
      bool('no-new-privs', 'set no_new_privs'),
      list('cap c', 'another capability'),
      PRESERVE,
      text('cgroup', 'refused: the process joins the cgroup of the container'),
      bool('ignore-paused', 'allow it in a paused container'),
    ],
    load: async () => (await import('./exec.ts')).exec,
  },
  features: {
    usage: 'show what this runtime supports',
    synopsis: '',
    atLeast: 0,
    atMost: 0,
    flags: [],
    load: async () => (await import('./features.ts')).features,
  },
  kill: {
    usage: 'send a signal (default: SIGTERM) to the first process of a container',
    synopsis: '<container-id> [signal]',
    atLeast: 1,
    atMost: 2,
    flags: [bool('all a', 'send it to every process of the container')],
    load: async () => (await import('./kill.ts')).kill,
  },
  list: {
    usage: 'list the containers below --root',
    synopsis: '',
    atLeast: 0,
    atMost: 0,
    flags: [FORMAT, bool('quiet q', 'show only their ids')],
    load: async () => (await import('./list.ts')).list,
  },
  pause: {
    ...ONE_CONTAINER,
    usage: 'stop all processes of a container',
    flags: [],
    load: async () => (await import('./pause.ts')).pause,
  },
  ps: {
    usage: 'show the processes of a container',
    synopsis: '<container-id> [ps options]',
    atLeast: 1,
    program: true,
    flags: [FORMAT],
    load: async () => (await import('./ps.ts')).ps,
  },
  restore: {
    ...ONE_CONTAINER,
    usage: 'refused: checkpoints are not supported',
    flags: [],
    load: async () => (await import('./refused.ts')).restore,
  },
  resume: {
    ...ONE_CONTAINER,
    usage: 'let all processes of a paused container go on',
    flags: [],
    load: async () => (await import('./resume.ts')).resume,
  },
  run: {
    ...ONE_CONTAINER,
    usage: 'create and start a container',
    flags: [
      ...CREATE,
      bool('detach d', 'do not wait for the container'),
      bool('keep', 'do not delete the container when it ends'),
      bool('no-subreaper', 'accepted: orphans are never taken'),
    ],
    load: async () => (await import('./run.ts')).run,
  },
  spec: {
    usage: 'write a config.json to begin with',
    synopsis: '',
    atLeast: 0,
    atMost: 0,
    flags: [text('bundle b', 'directory of the bundle'), bool('rootless', 'refused: root is needed')],
    load: async () => (await import('./spec.ts')).spec,
  },
  start: {
    ...ONE_CONTAINER,
    usage: 'execute the program of a created container',
    flags: [],
    load: async () => (await import('./start.ts')).start,
  },
  state: {
    ...ONE_CONTAINER,
    usage: 'show the state of a container',
    flags: [],
    load: async () => (await import('./state.ts')).state,
  },
  update: {
    ...ONE_CONTAINER,
    usage: 'change the limits of a container',
    flags: [
      text('resources r', 'file with them in the form of config.json, or - for the standard input'),
      number('blkio-weight', 'weight, 10 to 1000'),
      number('cpu-period', 'microseconds of a period'),
      number('cpu-quota', 'microseconds a period'),
      number('cpu-share', 'relative weight'),
      number('cpu-rt-period', 'microseconds of a real-time period'),
      number('cpu-rt-runtime', 'real-time microseconds a period'),
      text('cpuset-cpus', 'processors'),
      text('cpuset-mems', 'memory nodes'),
      text('memory', 'limit in bytes'),
      text('memory-reservation', 'soft limit in bytes'),
      text('memory-swap', 'memory and swap together; -1: no limit'),
      number('pids-limit', 'number of processes'),
      text('l3-cache-schema', 'refused'),
      text('mem-bw-schema', 'refused'),
    ],
    load: async () => (await import('./update.ts')).update,
  },
};

export const GLOBAL_FLAGS: readonly Flag[] = [
  bool('debug', 'say more'),
  text('log', 'file for errors and warnings (default: stderr)'),
  text('log-format', 'text or json (default: "text")'),
  text('root', 'directory of the state of containers (default: "/run/tsker/runc")'),
  text('criu', 'accepted: checkpoints are not supported'),
  bool('systemd-cgroup', 'refused: cgroups are made by path'),
  text('rootless', 'true is refused: root is needed'),
  bool('help h', 'show help'),
  bool('version v', 'show the version'),
];
