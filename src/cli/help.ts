// Help of the whole, of a noun, of a command: usage and command lists from the table, flags and examples set by yargs.
// Loaded only when somebody asks.
import { GLOBAL_FLAGS } from './global-flags.ts';
import type { Io } from './io.ts';
import { renderedHelp } from './rendered-help.ts';
import type { Section, TableEntry } from './table/entry.ts';
import { COMMANDS, findCommand, NOUNS } from './table.ts';
import { unknownCommandError } from './unknown-command.ts';

const SECTIONS: readonly Section[] = ['Common Commands', 'Management Commands', 'Commands', 'Commands to Learn from'];

/** `tsker --help`. */
export async function printTopHelp(io: Io): Promise<number> {
  const blocks = SECTIONS.map((section) => {
    const rows: readonly (readonly [string, string])[] =
      section === 'Management Commands'
        ? [...Object.entries(NOUNS), ['daemon', 'Run the engine'] as const].sort()
        : COMMANDS.filter((entry) => entry.section === section).map(
            ({ names, summary }) => [names[0], summary] as const,
          );
    return `${section}:\n${columns(section === 'Commands' ? [...rows].sort() : rows)}`;
  });
  const usage = `Usage:  tsker [OPTIONS] COMMAND\n\nA container engine in one executable\n\n${blocks.join('\n\n')}`;
  const { addFlags, createYargs } = await import('./yargs-command.ts');
  const instance = addFlags(createYargs([], io.columns), GLOBAL_FLAGS)
    .example('tsker run --rm tsker/busybox echo hi', 'Needs a daemon (tsker daemon &) and no registry')
    .epilogue("Run 'tsker COMMAND --help' for more information on a command.");
  io.print(`${usage}\n\n${await instance.getHelp()}\n`);
  return 0;
}

/** `tsker container --help`. */
export function printNounHelp(io: Io, noun: string): number {
  const rows = COMMANDS.filter(({ hidden }) => hidden !== true).flatMap(({ names, summary }) => {
    const spelled = names.find((name) => name.startsWith(`${noun} `));
    return spelled === undefined ? [] : [[spelled.slice(noun.length + 1), summary] as const];
  });
  const usage = `Usage:  tsker ${noun} COMMAND\n\n${NOUNS[noun]}\n\nCommands:\n${columns([...rows].sort())}`;
  io.print(`${usage}\n\nRun 'tsker ${noun} COMMAND --help' for more information on a command.\n`);
  return 0;
}

/** `tsker run --help`. */
export async function printCommandHelp(io: Io, entry: TableEntry): Promise<number> {
  io.print(renderedHelp(entry.names[0], io.columns) ?? (await commandHelp(entry, io.columns)));
  return 0;
}

/** In lines that fit. */
export async function commandHelp(entry: TableEntry, width: number | undefined): Promise<string> {
  const { addFlags, createYargs } = await import('./yargs-command.ts');
  const command = await entry.load();
  const { names, summary } = entry;
  const aliases = names.length === 1 ? '' : `\nAliases:\n  ${names.map((name) => `tsker ${name}`).join(', ')}\n`;
  const usage = `Usage:  tsker ${names[0]} ${command.usage}`.trimEnd();
  const instance = addFlags(createYargs([], width), command.flags);
  for (const [line, what] of command.examples) instance.example(`tsker ${line}`, what);
  return `${usage}\n\n${summary}\n${aliases}\n${await instance.getHelp()}\n`;
}

/** `tsker help [COMMAND]`. */
export async function printHelpOf(io: Io, words: readonly string[]): Promise<number> {
  const [noun = ''] = words;
  if (words.length === 0) return printTopHelp(io);
  if (words.length === 1 && NOUNS[noun] !== undefined) return printNounHelp(io, noun);
  const found = findCommand(words);
  if (found === undefined) throw unknownCommandError(words);
  return printCommandHelp(io, found.entry);
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, text]) => `  ${name.padEnd(width)}${text}`).join('\n');
}
