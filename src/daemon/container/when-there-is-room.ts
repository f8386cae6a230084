// What has happened on the host is written down even when the disk is full: store/reserve.ts has the room. Where that does not
// help (a file system that needs room to overwrite), it is written as soon as there is some: until then the container is listed
// as it was, and whoever waits for its end waits.
import { setTimeout as sleep } from 'node:timers/promises';
import { isForWantOfRoom } from '../../store/database.ts';
import { messageOf } from '../../util/errors.ts';
import type { Logger } from '../../util/log.ts';

/** Milliseconds between two tries. */
const PAUSE = 500;

/** Runs `change`, which can be repeated, until it is not for want of room that it fails. */
export async function whenThereIsRoom(
  { log, what }: { readonly log: Logger; readonly what: string },
  change: () => void | Promise<void>,
): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await change();
    } catch (error) {
      if (!isForWantOfRoom(error)) throw error;
      if (tries === 0) log.error(`${what} waits for room on the disk`, { error: messageOf(error) });
    }
    await sleep(PAUSE);
  }
}
