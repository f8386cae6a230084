// The error of a command that does not exist, with a guess at the one that was meant.
import { TskerError } from '../util/errors.ts';
import { nearestNames } from './suggest.ts';
import { COMMANDS, NOUNS } from './table.ts';

class UnknownCommandError extends TskerError {
  constructor(message: string, hint: string) {
    super('invalid', message, { hint });
    this.name = 'UnknownCommandError';
  }

  /** As Docker's; 125 is for flags. */
  override get exitCode(): number {
    return 1;
  }
}

/** Plugins and modes of Docker that people try: what there is instead. */
const NOT_HERE: Readonly<Record<string, readonly [why: string, instead: string]>> = {
  buildx: ['there is no BuildKit here.', "use tsker build; with Docker's command line: DOCKER_BUILDKIT=0 docker build"],
  compose: [
    'it is a program of its own.',
    'use docker-compose with DOCKER_HOST set to the host that "tsker ping" shows',
  ],
  context: ['there are no contexts.', 'name the host with -H or TSKER_HOST: unix://, tcp:// or ssh://'],
  swarm: ['there is no swarm mode.', 'see tsker network --help for networks across containers of this host'],
};

export function unknownCommandError(words: readonly string[]): UnknownCommandError {
  const [noun = '', verb = ''] = words;
  const instead = Object.hasOwn(NOT_HERE, noun) ? NOT_HERE[noun] : undefined;
  if (instead !== undefined) {
    return new UnknownCommandError(`'${noun}' is not a tsker command: ${instead[0]}`, instead[1]);
  }
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
