// `Status` of lists (`Up 2 minutes`, `Exited (0) 3 seconds ago`), in the words of moby's container.State.String and
// go-units' HumanDuration. Pure.
import type { HealthStatus } from '../../types/container.ts';
import { parseTimestamp, ZERO_TIME } from '../clock.ts';
import type { StateRecord } from './record.ts';

/** `now` in epoch nanoseconds; `health` of a container that has a check. */
export function statusText(state: StateRecord, now: bigint, health?: HealthStatus): string {
  const since = (time: string): string => humanDuration(Number(now - parseTimestamp(time)) / 1e9);
  switch (state.status) {
    case 'running':
      return `Up ${since(state.startedAt)}${healthText(health)}`;
    case 'paused':
      return `Up ${since(state.startedAt)} (Paused)`;
    case 'restarting':
      return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`;
    case 'removing':
      return 'Removal In Progress';
    case 'dead':
      return 'Dead';
    case 'created':
      return 'Created';
    case 'exited':
      return state.finishedAt === ZERO_TIME ? '' : `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`;
  }
}

function healthText(health: HealthStatus | undefined): string {
  if (health === undefined) return '';
  return health === 'starting' ? ' (health: starting)' : ` (${health})`;
}

/** Approximate, as people say it. */
export function humanDuration(duration: number): string {
  const seconds = Math.floor(duration);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.floor(duration / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.floor(duration / 3600 + 0.5);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`;
  return `${Math.floor(duration / 3600 / 24 / 365)} years`;
}
