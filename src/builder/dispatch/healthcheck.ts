// HEALTHCHECK [flags] CMD command | NONE
import type { ImageConfig, ImageHealthcheck } from '../../image/store.types.ts';
import type { Healthcheck, HealthcheckInstruction } from '../parser/types.ts';
import { goQuote } from '../words/quote.ts';
import { type ConfigChange, quoteList } from './change.ts';

export function applyHealthcheck({ check }: HealthcheckInstruction, config: ImageConfig): ConfigChange {
  const given = check === undefined ? { Test: ['NONE'] } : healthcheckOf(check);
  // What is not said stays as it was, as in Docker: its containers take it over from their image.
  const Healthcheck = { ...config.Healthcheck, ...given };
  return { config: { ...config, Healthcheck }, comment: `HEALTHCHECK ${quoteHealthcheck(given)}` };
}

function healthcheckOf({
  command,
  interval,
  timeout,
  startPeriod,
  startInterval,
  retries,
}: Healthcheck): ImageHealthcheck {
  const words = command.words.map(({ text }) => text);
  return {
    Test: [command.form === 'exec' ? 'CMD' : 'CMD-SHELL', ...words],
    ...(interval === 0 ? {} : { Interval: interval }),
    ...(timeout === 0 ? {} : { Timeout: timeout }),
    ...(startPeriod === 0 ? {} : { StartPeriod: startPeriod }),
    ...(startInterval === 0 ? {} : { StartInterval: startInterval }),
    ...(retries === 0 ? {} : { Retries: retries }),
  };
}

/** Go's `%q` of moby's HealthConfig: durations as texts, the number of retries as a character. */
function quoteHealthcheck({
  Test = [],
  Interval = 0,
  Timeout = 0,
  StartPeriod = 0,
  Retries = 0,
}: ImageHealthcheck): string {
  const durations = [Interval, Timeout, StartPeriod].map((value) => goQuote(formatDuration(value)));
  return `&{${quoteList(Test, goQuote)} ${durations.join(' ')} ${quoteCharacter(Retries)}}`;
}

function quoteCharacter(code: number): string {
  if (code > 0x10ffff) return "'\uFFFD'";
  const quoted = goQuote(String.fromCodePoint(code)).slice(1, -1);
  return `'${quoted === '\\"' ? '"' : quoted === "'" ? "\\'" : quoted}'`;
}

/** As Go's time.Duration.String: `1m30s`, `1.5s`, `100ms`. */
export function formatDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s';
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}µs`;
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`;
  const hours = Math.floor(nanoseconds / 3600e9);
  const minutes = Math.floor((nanoseconds % 3600e9) / 60e9);
  const seconds = `${(nanoseconds % 60e9) / 1e9}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
