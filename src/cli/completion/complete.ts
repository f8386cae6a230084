// The words that may follow on a command line, for the scripts of script.ts: `tsker __complete WORD...`, the last word being the
// one the cursor is in. A candidate a line, behind a tab what it means; `:files` means that files fit as well.
import type { FlagSpec, FlagTable } from '../flags/spec.ts';
import { GLOBAL_FLAGS } from '../global-flags.ts';
import type { ClientProcess } from '../main.ts';
import { COMMANDS, type FoundCommand, findCommand, NOUNS } from '../table.ts';
import { namesOf } from './names.ts';
import { ARGUMENTS, type Subject, VALUES } from './subjects.ts';

/** The word that asks for this. */
export const COMPLETE = '__complete';

/** A word, and what it means. */
export type Candidate = readonly [word: string, meaning?: string | undefined];

const FILES: Candidate = [':files'];

export async function complete(process: ClientProcess): Promise<number> {
  const words = process.argv.slice(1);
  const current = words.at(-1) ?? '';
  const found = await candidates(process, words.slice(0, -1), current);
  const fitting = found.filter(([word]) => word === FILES[0] || word.startsWith(current));
  const unique = new Map(fitting.map(([word, meaning]) => [word, meaning]));
  const lines = [...unique].map(([word, meaning]) => `${word}${meaning === undefined ? '' : `\t${meaning}`}\n`);
  process.io.stdout.write(lines.join(''));
  return 0;
}

async function candidates(
  process: ClientProcess,
  before: readonly string[],
  current: string,
): Promise<readonly Candidate[]> {
  const global = split(GLOBAL_FLAGS, before, { flagsFirst: true });
  if (global.open !== undefined) return [];
  const host = global.values['host'];
  const found = findCommand(global.args);
  if (found === undefined) return current.startsWith('-') ? flagsOf(GLOBAL_FLAGS) : commandsBelow(global.args);
  return ofCommand(process, { found, host }, current);
}

async function ofCommand(
  process: ClientProcess,
  { found, host }: { readonly found: FoundCommand; readonly host: string | undefined },
  current: string,
): Promise<readonly Candidate[]> {
  const [name] = found.entry.names;
  const { flags } = await found.entry.load();
  const { args, open } = split(flags, found.rest, {
    flagsFirst: name === 'run' || name === 'create' || name === 'exec',
  });
  const ask = (subject: Subject | undefined): Promise<readonly Candidate[]> => subjectWords(process, subject, host);
  if (open !== undefined) return ask(subjectOf(flags, open));
  const equals = /^(--[\w-]+)=/.exec(current);
  if (equals?.[1] !== undefined) {
    const words = await ask(subjectOf(flags, longOf(flags, equals[1]) ?? ''));
    return words.map(([word, meaning]) => (word === FILES[0] ? FILES : [`${equals[0]}${word}`, meaning]));
  }
  if (current.startsWith('-')) return [...flagsOf(flags), ['--help', 'Print usage']];
  const places = ARGUMENTS[name];
  const subject = places?.at?.[args.length] ?? places?.rest;
  // A container's side of cp, behind the files.
  if (name === 'cp') return [...(await ask('containers')).map(([word]): Candidate => [`${word}:`]), FILES];
  return ask(subject);
}

/** What stands before the cursor, and the flag that still wants its value. */
interface Split {
  readonly args: readonly string[];
  readonly open: string | undefined;
  readonly values: Readonly<Record<string, string>>;
}

/** Like flags/parse.ts, but for a line that is not finished and may be wrong: nothing is refused. */
function split(flags: FlagTable, words: readonly string[], options: { readonly flagsFirst: boolean }): Split {
  const args: string[] = [];
  const values: Record<string, string> = {};
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (!word.startsWith('-') || word === '-') {
      if (options.flagsFirst) return { args: words.slice(at), open: undefined, values };
      args.push(word);
      continue;
    }
    const name = word.includes('=') ? undefined : longOf(flags, word);
    if (name === undefined || flags[name]?.kind === 'boolean' || flags[name]?.bare !== undefined) continue;
    if (at + 1 === words.length) return { args, open: name, values };
    values[name] = words[at + 1] ?? '';
    at += 1;
  }
  return { args, open: undefined, values };
}

/** The long name of `--name` or of the last letter of `-it`. */
function longOf(flags: FlagTable, word: string): string | undefined {
  const named = ([name, spec]: readonly [string, FlagSpec]): boolean =>
    word.startsWith('--') ? word === `--${name}` || word === `--${spec.alias}` : word.at(-1) === spec.short;
  return Object.entries(flags).find(named)?.[0];
}

function subjectOf(flags: FlagTable, name: string): Subject | undefined {
  return flags[name]?.choices ?? VALUES[name];
}

function flagsOf(flags: FlagTable): readonly Candidate[] {
  return Object.entries(flags)
    .filter(([, spec]) => spec.hidden !== true)
    .map(([name, spec]) => [`--${name}`, spec.summary]);
}

async function subjectWords(
  process: ClientProcess,
  subject: Subject | undefined,
  host: string | undefined,
): Promise<readonly Candidate[]> {
  if (subject === undefined) return [];
  if (subject === 'files') return [FILES];
  if (typeof subject !== 'string') return subject.map((word) => [word]);
  return (await namesOf(subject, process, host)).map((word) => [word]);
}

/** Commands and nouns, or a noun's commands; the two words that are neither have their own. */
function commandsBelow([noun, ...more]: readonly string[]): readonly Candidate[] {
  if (more.length > 0) return [];
  if (noun === 'completion') return ['bash', 'fish', 'zsh'].map((shell) => [shell]);
  const names = COMMANDS.filter(({ hidden }) => hidden !== true).flatMap(({ names: spellings, summary }) =>
    spellings.map((spelling): Candidate => [spelling, summary]),
  );
  const prefix = noun === undefined || noun === 'help' ? '' : `${noun} `;
  const below = names
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, summary]): Candidate => [name.slice(prefix.length), summary]);
  const all = prefix === '' ? [...below.filter(([name]) => !name.includes(' ')), ...PLAIN] : below;
  return all.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** First words that are in no table of commands. */
const PLAIN: readonly Candidate[] = [
  ...Object.entries(NOUNS),
  ['daemon', 'Run the engine'],
  ['help', 'Help about a command'],
  ['completion', 'Print the completion script of a shell'],
];
