// docker logs: the lines of the json-file log that a client asks for.
import type { LogOptions, LogReading } from '../../api/container/backend.ts';
import type { LogLine } from '../../types/container.ts';
import { TskerError } from '../../util/errors.ts';
import { parseTimestamp } from '../clock.ts';
import type { Container } from './container.ts';
import type { ContainerDirectories } from './files.ts';
import { readLog } from './log-reader.ts';

export interface LogDependencies {
  readonly directories: Pick<ContainerDirectories, 'logPath'>;
}

/** Throws when the container keeps no log. */
export function readContainerLogs(
  { directories }: LogDependencies,
  container: Container,
  options: LogOptions,
): LogReading {
  const { config, hostConfig } = container.record;
  if (hostConfig.LogConfig.Type === 'none') {
    throw new TskerError('not_implemented', 'configured logging driver does not support reading');
  }
  const path = directories.logPath(container.id);
  return {
    tty: config.Tty,
    read: (signal) => select(path, container, { options, signal }),
  };
}

async function* select(
  path: string,
  container: Container,
  { options, signal }: { readonly options: LogOptions; readonly signal: AbortSignal },
): AsyncGenerator<readonly LogLine[]> {
  const { until, tail } = options;
  const follow = options.follow ? container.run?.io : undefined;
  const end = untilSignal(follow === undefined ? undefined : until, signal);
  try {
    for await (const lines of readLog({ path, tail, follow, signal: end.signal })) {
      const wanted = lines.filter((line) => isWanted(line, options));
      if (wanted.length > 0) yield wanted;
      const last = lines.at(-1);
      if (until !== undefined && last !== undefined && timeOf(last) > until) return;
    }
  } finally {
    end.clear();
  }
}

/** Following ends at `until` even when nothing is logged. */
function untilSignal(until: bigint | undefined, signal: AbortSignal): { signal: AbortSignal; clear(): void } {
  if (until === undefined) return { signal, clear: () => undefined };
  const timer = new AbortController();
  const milliseconds = Number(until / 1_000_000n) - Date.now();
  const timeout = setTimeout(() => timer.abort(), Math.min(Math.max(milliseconds, 0), 2 ** 31 - 1));
  return { signal: AbortSignal.any([signal, timer.signal]), clear: () => clearTimeout(timeout) };
}

function isWanted(line: LogLine, { stdout, stderr, since, until }: LogOptions): boolean {
  if (line.stream === 'stdout' ? !stdout : !stderr) return false;
  if (since === undefined && until === undefined) return true;
  const time = timeOf(line);
  return (since === undefined || time >= since) && (until === undefined || time <= until);
}

/** A damaged time is the oldest. */
function timeOf({ time }: LogLine): bigint {
  try {
    return parseTimestamp(time);
  } catch {
    return 0n;
  }
}
