// RUN --mount=type=…,key=value,…: fields first, values later. Variables may stand in every value but `from`, because
// that decides about the order of stages before any of them has a value.
import { TskerError } from '../../../util/errors.ts';
import { nearest } from '../nearest.ts';
import type { Word } from '../position.ts';
import type { Statement } from '../statement.ts';
import { fail } from './common.ts';
import { splitCsv } from './csv.ts';
import type { Mount } from './mount.types.ts';
import { buildMount, MOUNT_KEYS, MountProblem, SHORT_KEYS } from './mount-values.ts';

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
  const at = { range: word.range };
  const parts = splitCsv(word.text);
  if (typeof parts === 'string') throw fail(statement, `failed to parse csv mounts: ${parts}`, at);
  const fields = parts.map(readField);
  for (const { key, value } of fields) {
    if (key === 'from' && value !== undefined && /\$./.test(value)) {
      throw fail(statement, "'from' doesn't support variable expansion, define alias stage instead", at);
    }
    if (!MOUNT_KEYS.includes(key)) {
      const written = value === undefined ? key : `${key}=${value}`;
      const suggestion = nearest(key, MOUNT_KEYS);
      const lonely = value === undefined && !SHORT_KEYS.includes(key);
      const reason = lonely
        ? `invalid field '${written}' must be a key=value pair`
        : `unexpected key '${key}' in '${written}'`;
      throw fail(statement, reason, { ...at, suggestion });
    }
  }
  const flag = { word, fields, from: fields.findLast(({ key }) => key === 'from')?.value };
  if (!/[$'"\\`]/.test(word.text)) checkNow(statement, flag);
  return flag;
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
    const { suggestion } = error;
    throw fail(statement, error.message, { range: flag.word.range, suggestion });
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
