// A yargs instance configured from a command's flag table. yargs is the library of the command line, but loading it takes
// longer than a whole `tsker ps`, so it is used where people read (help); README.md has the figures, and a test
// holds parse.ts and yargs to the same answers for the same table.
import yargs, { type Argv, type Options } from 'yargs';
import type { FlagKind, FlagSpec, FlagTable } from './flags/spec.ts';

const TYPES: Readonly<Record<FlagKind, 'boolean' | 'string' | 'number' | 'array'>> = {
  boolean: 'boolean',
  string: 'string',
  bytes: 'string',
  integer: 'number',
  decimal: 'number',
  list: 'array',
};

/** A width that suits reading, whatever the terminal's. */
const MAX_WIDTH = 100;

/** yargs without anything of its own: no exit, no messages in other languages, dashes left alone. */
export function createYargs(argv: readonly string[], columns: number | undefined): Argv {
  return yargs([...argv])
    .scriptName('tsker')
    .detectLocale(false)
    .locale('en')
    .exitProcess(false)
    .help(false)
    .version(false)
    .wrap(Math.min(columns ?? MAX_WIDTH, MAX_WIDTH))
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-positional-numbers': false,
      'strip-aliased': true,
    });
}

/** Adds a table's flags. */
export function addFlags(instance: Argv, flags: FlagTable): Argv {
  return Object.entries(flags).reduce((built, [name, spec]) => built.option(name, optionOf(spec)), instance);
}

function optionOf(spec: FlagSpec): Options {
  const aliases = [spec.short, spec.alias].filter((alias) => alias !== undefined);
  // yargs shows its own types behind every flag; what they do not say stands before the text.
  const placeholder = spec.value === undefined ? '' : `<${spec.value}> `;
  return {
    type: TYPES[spec.kind],
    describe: placeholder + spec.summary,
    group: `${spec.group ?? 'Options'}:`,
    hidden: spec.hidden === true,
    ...(aliases.length > 0 ? { alias: aliases } : {}),
    ...(spec.choices === undefined ? {} : { choices: spec.choices }),
    ...(spec.shownDefault === undefined ? {} : { defaultDescription: spec.shownDefault }),
    ...(spec.kind === 'boolean' || spec.bare !== undefined ? {} : { requiresArg: true }),
  };
}
