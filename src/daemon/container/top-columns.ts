// The columns of ps that docker top knows (ps(1), STANDARD FORMAT SPECIFIERS). Pure.

export interface ProcessFacts {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly uid: number;
  readonly user: string;
  readonly comm: string;
  readonly args: string;
  readonly state: string;
  readonly tty: string;
  readonly nice: number;
  readonly threads: number;
  /** Processor time, seconds. */
  readonly cpuTime: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly now: number;
  /** Bytes. */
  readonly rss: number;
  readonly vsz: number;
  readonly totalMemory: number;
}

interface Column {
  readonly title: string;
  readonly value: (facts: ProcessFacts) => string;
}

const usage: Column['value'] = ({ cpuTime, startedAt, now }) =>
  ((100 * cpuTime) / Math.max(1, (now - startedAt) / 1000)).toFixed(1);

export const COLUMNS: Readonly<Record<string, Column>> = {
  pid: { title: 'PID', value: ({ pid }) => String(pid) },
  ppid: { title: 'PPID', value: ({ ppid }) => String(ppid) },
  pgid: { title: 'PGID', value: ({ pgid }) => String(pgid) },
  sid: { title: 'SID', value: ({ sid }) => String(sid) },
  uid: { title: 'UID', value: ({ uid }) => String(uid) },
  user: { title: 'USER', value: ({ user }) => user },
  euser: { title: 'EUSER', value: ({ user }) => user },
  ruser: { title: 'RUSER', value: ({ user }) => user },
  comm: { title: 'COMMAND', value: ({ comm }) => comm },
  ucmd: { title: 'CMD', value: ({ comm }) => comm },
  cmd: { title: 'CMD', value: ({ args }) => args },
  args: { title: 'COMMAND', value: ({ args }) => args },
  command: { title: 'COMMAND', value: ({ args }) => args },
  stat: { title: 'STAT', value: ({ state }) => state },
  state: { title: 'S', value: ({ state }) => state },
  s: { title: 'S', value: ({ state }) => state },
  tty: { title: 'TT', value: ({ tty }) => tty },
  tt: { title: 'TT', value: ({ tty }) => tty },
  ni: { title: 'NI', value: ({ nice }) => String(nice) },
  nice: { title: 'NI', value: ({ nice }) => String(nice) },
  nlwp: { title: 'NLWP', value: ({ threads }) => String(threads) },
  thcount: { title: 'THCNT', value: ({ threads }) => String(threads) },
  time: { title: 'TIME', value: ({ cpuTime }) => clockText(cpuTime) },
  etime: { title: 'ELAPSED', value: ({ now, startedAt }) => clockText((now - startedAt) / 1000) },
  stime: { title: 'STIME', value: startText },
  start: { title: 'START', value: startText },
  rss: { title: 'RSS', value: ({ rss }) => String(Math.floor(rss / 1024)) },
  rsz: { title: 'RSZ', value: ({ rss }) => String(Math.floor(rss / 1024)) },
  vsz: { title: 'VSZ', value: ({ vsz }) => String(Math.floor(vsz / 1024)) },
  c: { title: 'C', value: (facts) => String(Math.floor(Number(usage(facts)))) },
  pcpu: { title: '%CPU', value: usage },
  '%cpu': { title: '%CPU', value: usage },
  pmem: { title: '%MEM', value: memoryShare },
  '%mem': { title: '%MEM', value: memoryShare },
  // Names of this file, for the two standard formats.
  'ef-uid': { title: 'UID', value: ({ user }) => user },
  'ef-tty': { title: 'TTY', value: ({ tty }) => tty },
};

/** ps -ef */
export const STANDARD_COLUMNS: readonly string[] = ['ef-uid', 'pid', 'ppid', 'c', 'stime', 'ef-tty', 'time', 'cmd'];
/** ps aux */
export const USER_COLUMNS: readonly string[] = [
  ...['user', 'pid', '%cpu', '%mem', 'vsz', 'rss', 'ef-tty', 'stat', 'start', 'time', 'command'],
];

function memoryShare({ rss, totalMemory }: ProcessFacts): string {
  return ((100 * rss) / totalMemory).toFixed(1);
}

function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** The hour within a day, the date before. */
function startText({ startedAt, now }: ProcessFacts): string {
  const text = new Date(startedAt).toISOString();
  return now - startedAt < 86_400_000 ? text.slice(11, 16) : text.slice(5, 10);
}
