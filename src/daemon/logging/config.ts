// A container's LogConfig when it is created: completed with the daemon's defaults, and checked as far as Docker checks it
// then, in its words. Values are read when the log is opened (json-file.ts, local.ts, syslog/options.ts). Pure but for the
// socket of a syslog address, which has to be there.
import type { LogConfig } from '../../types/container-config.ts';
import { messageOf, TskerError } from '../../util/errors.ts';
import { type LogOptions, optionsOf, requireKnownOptions } from './driver.ts';
import { parseSyslogAddress, parseSyslogFacility, parseSyslogFormat } from './syslog/options.ts';
import { parseBoolean, parseRamSize } from './values.ts';

/** What `--log-driver` can be, besides `none`; the list that /info shows. */
export const LOG_DRIVERS = ['json-file', 'local', 'syslog'] as const;

/** Options that every driver has. */
const COMMON_OPTIONS = [
  'mode',
  'max-buffer-size',
  'cache-disabled',
  'cache-max-file',
  'cache-max-size',
  'cache-compress',
];
const CACHE_OPTION = /^cache-/;

/** The daemon's `--log-driver` and `--log-opt`; throws what makes it refuse to start. */
export function createDefaultLogConfig(driver: string, options: Readonly<Record<string, string>>): LogConfig {
  const config = { Type: driver === '' ? 'json-file' : driver, Config: { ...options } };
  try {
    validateLogConfig(config);
  } catch (error) {
    throw new TskerError('invalid', `failed to set log opts: ${messageOf(error)}`, { cause: error });
  }
  return config;
}

/**
 * Completes what a client gave: with the daemon's driver when it names none, with the daemon's options when the driver is
 * the same, and in any case with those of the local cache. Throws TskerError `invalid`.
 */
export function resolveLogConfig(given: Partial<LogConfig> | undefined, defaults: LogConfig): LogConfig {
  const type = given?.Type === undefined || given.Type === '' ? defaults.Type : given.Type;
  const isDefault = type === defaults.Type;
  const inherited = Object.entries(optionsOf(defaults)).filter(([name]) => isDefault || CACHE_OPTION.test(name));
  const config = { Type: type, Config: { ...Object.fromEntries(inherited), ...given?.Config } };
  validateLogConfig(config);
  return config;
}

/** Throws TskerError `invalid`. */
export function validateLogConfig(config: LogConfig): void {
  const { Type: type } = config;
  const options = optionsOf(config);
  if (type === 'none') return;
  try {
    validateMode(options);
    if (!isDriver(type)) throw new Error(`error looking up logging plugin ${type}: plugin "${type}" not found`);
    validateOwn(type, options);
    validateCache(options);
  } catch (error) {
    throw new TskerError('invalid', messageOf(error));
  }
}

function isDriver(type: string): type is (typeof LOG_DRIVERS)[number] {
  return (LOG_DRIVERS as readonly string[]).includes(type);
}

function validateMode(options: LogOptions): void {
  const { mode = '', 'max-buffer-size': size } = options;
  if (!['', 'blocking', 'non-blocking'].includes(mode)) throw new Error(`logger: logging mode not supported: ${mode}`);
  if (size === undefined) return;
  if (mode !== 'non-blocking') {
    throw new Error("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  }
  try {
    parseRamSize(size);
  } catch (error) {
    throw new Error(`error parsing option max-buffer-size: ${messageOf(error)}`);
  }
}

function validateOwn(type: (typeof LOG_DRIVERS)[number], options: LogOptions): void {
  const own = Object.keys(options).filter((name) => !COMMON_OPTIONS.includes(name));
  requireKnownOptions(type, own);
  if (type !== 'syslog') return;
  parseSyslogAddress(options['syslog-address'] ?? '');
  parseSyslogFacility(options['syslog-facility'] ?? '');
  parseSyslogFormat(options['syslog-format'] ?? '');
}

function validateCache({ 'cache-disabled': disabled = '' }: LogOptions): void {
  if (disabled === '') return;
  try {
    parseBoolean(disabled);
  } catch {
    throw new Error(`invalid value for option cache-disabled: ${disabled}`);
  }
}
