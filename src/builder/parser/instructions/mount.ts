// RUN --mount=type=…,key=value,…: fields first, values later. Variables may stand in every value but `from`, because
// that decides about the order of stages before any of them has a value.
import { TskerError } from '../../../util/errors.ts';
import { nearest } from '../nearest.ts';
import type { Range, Word } from '../position.ts';
import type { Statement } from '../statement.ts';
import { fail } from './common.ts';
import { splitCsv } from './csv.ts';
import type { Mount } from './mount.types.ts';
import { buildMount, canonicalKey, MOUNT_KEYS, MountProblem } from './mount-values.ts';

export interface MountFlag {
  readonly word: Word;
  readonly fields: readonly MountField[];
  /** Stage, image or nothing; known before the build starts. */
  readonly from: string | undefined;
}

export interface MountField {
  readonly key: string;
  /** Undefined without an equals sign. */
  readonly value: string | undefined;
}

/** Throws what can be known now: everything, when no value has a variable in it. */
export function parseMountFlag(statement: Statement, word: Word): MountFlag {
  const parts = splitCsv(word.text);
  if (typeof parts === 'string') throw fail(statement, `failed to parse csv mounts: ${parts}`, { range: word.range });
  const flag = { word, fields: parts.map(readField) };
  for (const field of flag.fields) checkKey(statement, flag, field);
  const checked = { ...flag, from: flag.fields.findLast(({ key }) => key === 'from')?.value };
  if (!/[$'"\\`]/.test(word.text)) checkNow(statement, checked);
  return checked;
}

type Fields = Pick<MountFlag, 'word' | 'fields'>;

function checkKey(statement: Statement, flag: Fields, { key, value }: MountField): void {
  const range = rangeOfKey(flag, key);
  if (key === 'from' && value !== undefined && /\$./.test(value)) {
    throw fail(statement, "'from' doesn't support variable expansion, define alias stage instead", { range });
  }
  if (MOUNT_KEYS.includes(key)) return;
  const suggestion = nearest(key, MOUNT_KEYS);
  const reason =
    value === undefined
      ? `invalid field '${key}' must be a key=value pair`
      : `unexpected key '${key}' in '${key}=${value}'`;
  throw fail(statement, reason, { range, suggestion });
}

/** The field with that key when it can be told where it stands: no quotes, no line break in the flag. */
function rangeOfKey({ word: { text, range }, fields }: Fields, key: string | undefined): Range {
  const index = fields.findLastIndex((field) => canonicalKey(field.key) === key || field.key === key);
  const { start, end } = range;
  const isPlain = start.line === end.line && end.column - start.column === text.length;
  if (index < 0 || !isPlain) return range;
  const parts = text.split(',');
  const before = parts.slice(0, index).reduce((length, part) => length + part.length + 1, 0);
  const column = start.column + before;
  return { start: { ...start, column }, end: { ...start, column: column + (parts[index]?.length ?? 0) } };
}

function readField(text: string): MountField {
  const equals = text.indexOf('=');
  if (equals < 0) return { key: text.toLowerCase(), value: undefined };
  return { key: text.slice(0, equals).toLowerCase(), value: text.slice(equals + 1) };
}

function checkNow(statement: Statement, flag: MountFlag): void {
  try {
    buildMount(flag.fields, (value) => value);
  } catch (error) {
    if (!(error instanceof MountProblem)) throw error;
    const { key, suggestion } = error;
    throw fail(statement, error.message, { range: rangeOfKey(flag, key), suggestion });
  }
}

/** The mount with variables replaced. Throws `invalid` with BuildKit's messages. */
export function resolveMount(flag: MountFlag, expandValue: (value: string) => string): Mount {
  try {
    return buildMount(flag.fields, expandValue);
  } catch (error) {
    if (!(error instanceof MountProblem)) throw error;
    throw new TskerError('invalid', error.message, { cause: error });
  }
}
