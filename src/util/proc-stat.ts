// The text of /proc/PID/stat (proc_pid_stat(5)), of a process or a thread. Pure.

export interface ProcStat {
  readonly comm: string;
  /** By its number in the manual page, where the state is the third; undefined behind the last. */
  field(number: number): string | undefined;
}

/** The name in parentheses may hold anything, parentheses included: it ends at the last one. */
export function parseProcStat(text: string): ProcStat {
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  return { comm: text.slice(text.indexOf('(') + 1, close), field: (number) => fields[number - 3] };
}
