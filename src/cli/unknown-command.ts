// The error of a command that does not exist, with a guess at the one that was meant.
import { TskerError } from '../util/errors.ts';
import { nearestNames } from './suggest.ts';
import { COMMANDS, NOUNS } from './table.ts';

export class UnknownCommandError extends TskerError {
  constructor(message: string, hint: string) {
    super('invalid', message, { hint });
    this.name = 'UnknownCommandError';
  }

  /** As Docker's; 125 is for flags. */
  override get exitCode(): number {
    return 1;
  }
}

export function unknownCommandError(words: readonly string[]): UnknownCommandError {
  const [noun = '', verb = ''] = words;
  const below = NOUNS[noun] !== undefined;
  const prefix = below ? `${noun} ` : '';
  const word = below ? verb : noun;
  const candidates = below
    ? COMMANDS.flatMap(({ names }) => names)
        .filter((name) => name.startsWith(prefix))
        .map((name) => name.slice(prefix.length))
    : [
        ...COMMANDS.flatMap(({ names }) => names).filter((name) => !name.includes(' ')),
        'help',
        'daemon',
        ...Object.keys(NOUNS),
      ];
  const near = nearestNames(word, candidates).map((name) => `tsker ${prefix}${name}`);
  const question = near.length === 0 ? '' : `Did you mean: ${near.join(', ')}?\n`;
  return new UnknownCommandError(
    `'${prefix}${word}' is not a tsker command.`,
    `${question}See 'tsker ${prefix}--help'`,
  );
}
