// The health check of a container as the engine runs it: command, times and number of tries, with Docker's defaults (moby
// daemon/health.go). Pure.
import type { ContainerConfig, HealthConfig } from '../../types/container-config.ts';

export interface HealthPlan {
  readonly command: readonly [string, ...string[]];
  /** Milliseconds, as the other times: from the end of one check to the next. */
  readonly interval: number;
  /** The same while it is starting. */
  readonly startInterval: number;
  readonly timeout: number;
  /** From the start of the container; failures in it do not count. */
  readonly startPeriod: number;
  readonly retries: number;
}

const DEFAULT_SHELL = ['/bin/sh', '-c'];
const MILLISECOND = 1_000_000;
/** setTimeout takes 31 bits. */
const LONGEST = 2 ** 31 - 1;

/** Undefined when there is no check, or NONE. */
export function healthPlan({
  Healthcheck,
  Shell,
}: Pick<ContainerConfig, 'Healthcheck' | 'Shell'>): HealthPlan | undefined {
  const [program, ...args] = commandOf(Healthcheck?.Test ?? [], Shell ?? []);
  if (program === undefined) return undefined;
  const time = (nanoseconds: number | undefined, fallback: number): number =>
    nanoseconds === undefined || nanoseconds === 0 ? fallback : Math.min(nanoseconds / MILLISECOND, LONGEST);
  return {
    command: [program, ...args],
    interval: time(Healthcheck?.Interval, 30_000),
    startInterval: time(Healthcheck?.StartInterval, 5000),
    timeout: time(Healthcheck?.Timeout, 30_000),
    startPeriod: time(Healthcheck?.StartPeriod, 0),
    retries: Healthcheck?.Retries || 3,
  };
}

function commandOf([kind, ...words]: readonly string[], shell: readonly string[]): readonly string[] {
  if (kind === 'CMD') return words;
  if (kind === 'CMD-SHELL' && words.length > 0) return [...(shell.length === 0 ? DEFAULT_SHELL : shell), ...words];
  return [];
}

/** The user's check completed by the image's, field by field: `--health-interval` alone changes how often. */
export function mergeHealth(
  user: HealthConfig | null | undefined,
  image: HealthConfig | null | undefined,
): HealthConfig | undefined {
  if (!user || !image) return user ?? image ?? undefined;
  const own = Object.entries(user).filter(([, value]) => value !== 0 && !(Array.isArray(value) && value.length === 0));
  return { ...image, ...Object.fromEntries(own) };
}
