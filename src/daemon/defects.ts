// What must not end the daemon, for every container would end with it: a defect in one request, a log nobody reads, a
// terminal that was closed.
import type { Logger } from '../util/log.ts';

/** Says what went wrong, with its stack, and goes on. Errors of the start are not its matter: they reject runDaemon. */
export function surviveDefects(log: Logger): void {
  const report = (what: string, error: unknown): void => {
    log.error(what, { error, stack: error instanceof Error ? error.stack : undefined });
  };
  process.on('uncaughtException', (error) => report('a defect: an exception that nobody caught', error));
  process.on('unhandledRejection', (reason) => report('a defect: a rejection that nobody handled', reason));
  // The reader of our log has gone; there is nobody left to tell.
  process.stderr.on('error', () => undefined);
  // Docker's daemon writes its stacks down. Node's own answer, where nobody listens, is a debugger on a port of loopback: root
  // for every user of this machine. (--disable-sigusr1 would take the signal from clients, who pass it on to containers.)
  process.on('SIGUSR1', () => log.info('SIGUSR1: nothing is written down yet'));
}
