// FROM [--platform=p] image [AS name]
import { goQuote } from '../../words/quote.ts';
import type { Word } from '../position.ts';
import type { Statement } from '../statement.ts';
import type { FromInstruction } from '../types.ts';
import { commonFields, fail } from './common.ts';
import { readFlags } from './flags.ts';

const STAGE_NAME = /^[a-z][a-z0-9\-_.]*$/;

export function parseFrom(statement: Statement): FromInstruction {
  const [image, as, name] = statement.words;
  const isNamed = statement.words.length === 3 && as?.text.toLowerCase() === 'as';
  if (image === undefined || (statement.words.length !== 1 && !isNamed)) throw wrongCount(statement);
  const stageName = isNamed && name !== undefined ? readStageName(statement, name) : undefined;
  const { platform } = readFlags(statement, { platform: 'text' });
  return { kind: 'FROM', ...commonFields(statement), image, stageName, platform };
}

function readStageName(statement: Statement, name: Word): Word {
  const text = name.text.toLowerCase();
  if (STAGE_NAME.test(text)) return { ...name, text };
  const rule = "name can't start with a number or contain symbols";
  throw fail(statement, `invalid name for build stage: ${goQuote(name.text)}, ${rule}`, { range: name.range });
}

function wrongCount(statement: Statement): Error {
  const reason = 'FROM requires either one or three arguments';
  const comment = statement.words.find(({ text }) => text.startsWith('#'));
  if (comment === undefined) return fail(statement, reason, { hint: 'write FROM image, or FROM image AS name' });
  return fail(statement, reason, { range: comment.range, hint: 'a comment needs a line of its own' });
}
