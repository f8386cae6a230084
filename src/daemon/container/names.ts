// Names and ids of containers: what a name may look like, and one made up for a container that was given none. Pure but for
// the random numbers.
import { randomBytes, randomInt } from 'node:crypto';
import { TskerError } from '../../util/errors.ts';
import { ADJECTIVES, SURNAMES } from './name-words.ts';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Takes the slash off and throws `invalid` for what is no name. */
export function checkName(name: string): string {
  const bare = name.replace(/^\//, '');
  if (NAME.test(bare)) return bare;
  throw new TskerError('invalid', `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
}

/** 64 hexadecimal digits, the first twelve of which are no number: as a host name they could not be told from one. */
export function makeId(): string {
  for (;;) {
    const id = randomBytes(32).toString('hex');
    if (!/^\d+$/.test(id.slice(0, 12))) return id;
  }
}

/** `adjective_surname`, with a number behind it when several tries were taken. */
export function makeName(isTaken: (name: string) => boolean): string {
  for (let attempt = 0; ; attempt += 1) {
    const name = `${pick(ADJECTIVES)}_${pick(SURNAMES)}${attempt < 5 ? '' : randomInt(10 ** Math.min(attempt - 4, 12))}`;
    if (!isTaken(name)) return name;
  }
}

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? 'plain';
}
