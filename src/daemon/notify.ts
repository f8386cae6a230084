// Tells systemd how far the daemon is (sd_notify(3)), where a unit of Type=notify started it.
import { writeSync } from 'node:fs';
import type { Native } from '../native/native.ts';
import { messageOf } from '../util/errors.ts';
import type { Logger } from '../util/log.ts';

export interface NotifyDependencies {
  readonly native: Pick<Native, 'connectDatagram' | 'close'>;
  readonly log: Logger;
  /** $NOTIFY_SOCKET. */
  readonly socket: string | undefined;
}

/** `READY=1` or `STOPPING=1`. Without somebody who waits for it nothing is sent. */
export function notifySystemd({ native, log, socket }: NotifyDependencies, state: 'READY=1' | 'STOPPING=1'): void {
  if (!socket?.startsWith('/')) return;
  try {
    const fd = native.connectDatagram(socket);
    writeSync(fd, state);
    native.close(fd);
  } catch (error) {
    log.warn('systemd cannot be told', { state, error: messageOf(error) });
  }
}
