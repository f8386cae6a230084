// Flags of an instruction, checked against those it has. Messages are those of Docker 20.10, first letter and all.
import { nearest } from '../nearest.ts';
import type { Word } from '../position.ts';
import type { Flag } from '../split.ts';
import type { Statement } from '../statement.ts';
import { fail } from './common.ts';

type Kind = 'text' | 'boolean' | 'list';

interface Values {
  readonly text: Word | undefined;
  /** `--link` is `--link=true`; undefined when not given. */
  readonly boolean: boolean | undefined;
  readonly list: readonly Word[];
}

export type FlagValues<Known extends Readonly<Record<string, Kind>>> = {
  readonly [Name in keyof Known]: Values[Known[Name]];
};

/** Reads the flags of a statement; throws for one that is unknown, given twice, or without the value it needs. */
export function readFlags<const Known extends Readonly<Record<string, Kind>>>(
  statement: Statement,
  known: Known,
): FlagValues<Known> {
  const values = new Map<string, Word | boolean | Word[] | undefined>(
    Object.entries(known).map(([name, kind]) => [name, kind === 'list' ? [] : undefined]),
  );
  const seen = new Set<string>();
  for (const flag of statement.flags) {
    const kind = Object.hasOwn(known, flag.name) ? known[flag.name] : undefined;
    if (kind === undefined) throw unknownFlag(statement, flag, Object.keys(known));
    if (seen.has(flag.name) && kind !== 'list') throw failAt(statement, flag, 'Duplicate flag specified:');
    seen.add(flag.name);
    const list = values.get(flag.name);
    if (Array.isArray(list)) list.push(valueFor(statement, flag));
    else values.set(flag.name, kind === 'boolean' ? readBoolean(statement, flag) : valueFor(statement, flag));
  }
  return Object.fromEntries(values) as unknown as FlagValues<Known>;
}

function valueFor(statement: Statement, flag: Flag): Word {
  if (flag.value === undefined) {
    const hint = `write --${flag.name}=value, without a space`;
    throw fail(statement, `Missing a value on flag: ${flag.name}`, { range: flag.word.range, hint });
  }
  return flag.value;
}

function readBoolean(statement: Statement, flag: Flag): boolean {
  if (flag.value === undefined) return true;
  const { text } = flag.value;
  if (text === '') throw failAt(statement, flag, 'Missing a value on flag:');
  const lower = text.toLowerCase();
  if (lower !== 'true' && lower !== 'false') {
    throw fail(statement, `Expecting boolean value for flag ${flag.name}, not: ${text}`, { range: flag.value.range });
  }
  return lower === 'true';
}

function unknownFlag(statement: Statement, flag: Flag, names: readonly string[]): Error {
  const near = nearest(flag.name, names);
  return fail(statement, `Unknown flag: ${flag.name}`, {
    range: flag.word.range,
    suggestion: near === undefined ? undefined : `--${near}`,
  });
}

function failAt(statement: Statement, flag: Flag, reason: string): Error {
  return fail(statement, `${reason} ${flag.name}`, { range: flag.word.range });
}
