// SIGHUP: the configuration is read again, by the same command line; what is wrong in it is said, and everything stays as it was.
import { messageOf } from '../util/errors.ts';
import type { Logger } from '../util/log.ts';
import type { LiveConfig } from './live-config.ts';
import { type DaemonConfig, parseOptions } from './options.ts';

export function reloadOnHangup(argv: readonly string[], live: LiveConfig, log: Logger): void {
  process.on('SIGHUP', () => {
    log.info('SIGHUP: reading the configuration again');
    void reload(argv, live, log);
  });
}

async function reload(argv: readonly string[], live: LiveConfig, log: Logger): Promise<void> {
  try {
    const wanted = await parseOptions(argv);
    if (wanted === undefined) return;
    const waiting = live.reload(wanted);
    if (waiting.length > 0) log.warn('the daemon has to be restarted for what changed besides', { options: waiting });
    log.info('the configuration was read again', describeReload(live.current));
  } catch (error) {
    log.error('the configuration cannot be read again; everything stays as it was', { error: messageOf(error) });
  }
}

/** The attributes of the event `daemon reload`, those that Docker gives, in its spelling. */
export function describeReload(config: DaemonConfig): Record<string, string> {
  return {
    debug: String(config.logLevel === 'debug'),
    labels: JSON.stringify(config.labels),
    'registry-mirrors': JSON.stringify(config.mirrors),
    'insecure-registries': JSON.stringify(config.insecureRegistries),
    'max-concurrent-downloads': String(config.maxConcurrentDownloads),
    'shutdown-timeout': String(config.shutdownTimeout),
  };
}
