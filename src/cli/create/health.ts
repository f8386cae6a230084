// Flags about the health check of a container.
import type { ContainerConfig, HealthConfig } from '../../types/container-config.ts';
import { defineFlags, type FlagValues } from '../flags/spec.ts';
import { parseDuration } from '../flags/values.ts';
import { UsageError } from '../usage-error.ts';
import { defined } from './defined.ts';

const GROUP = 'Health';

export const HEALTH_FLAGS = defineFlags({
  'health-cmd': { kind: 'string', summary: 'Command to run to check health', group: GROUP },
  'health-interval': {
    kind: 'string',
    value: 'duration',
    summary: 'Time between running the check (ms|s|m|h)',
    group: GROUP,
  },
  'health-retries': { kind: 'integer', summary: 'Consecutive failures needed to report unhealthy', group: GROUP },
  'health-start-interval': {
    kind: 'string',
    value: 'duration',
    summary: 'Time between running the check during the start period (ms|s|m|h)',
    group: GROUP,
  },
  'health-start-period': {
    kind: 'string',
    value: 'duration',
    summary: 'Start period for the container to initialize before counting retries (ms|s|m|h)',
    group: GROUP,
  },
  'health-timeout': {
    kind: 'string',
    value: 'duration',
    summary: 'Maximum time to allow one check to run (ms|s|m|h)',
    group: GROUP,
  },
  'no-healthcheck': { kind: 'boolean', summary: 'Disable any container-specified HEALTHCHECK', group: GROUP },
});

type HealthFlags = FlagValues<typeof HEALTH_FLAGS>;

export function healthConfig(flags: HealthFlags): Partial<ContainerConfig> {
  const check = defined<HealthConfig>({
    Test: flags['health-cmd'] === undefined ? undefined : ['CMD-SHELL', flags['health-cmd']],
    Interval: durationOf(flags, 'health-interval'),
    Timeout: durationOf(flags, 'health-timeout'),
    StartPeriod: durationOf(flags, 'health-start-period'),
    StartInterval: durationOf(flags, 'health-start-interval'),
    Retries: flags['health-retries'],
  });
  const isGiven = Object.keys(check).length > 0;
  if (flags['no-healthcheck'] === true) {
    if (isGiven) throw new UsageError('--no-healthcheck conflicts with --health-* options');
    return { Healthcheck: { Test: ['NONE'] } };
  }
  return isGiven ? { Healthcheck: check } : {};
}

type DurationFlag = 'health-interval' | 'health-timeout' | 'health-start-period' | 'health-start-interval';

/** Nanoseconds. */
function durationOf(flags: HealthFlags, name: DurationFlag): number | undefined {
  const text = flags[name];
  if (text === undefined) return undefined;
  try {
    const duration = parseDuration(text);
    if (duration >= 0) return duration;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new UsageError(`--${name}: invalid duration: '${text}'`);
}
