// ONBUILD instruction
import { TskerError } from '../../../util/errors.ts';
import type { Statement } from '../statement.ts';
import type { Instruction, OnbuildInstruction } from '../types.ts';
import { atLeastOne, commonFields, fail } from './common.ts';
import { readFlags } from './flags.ts';

/** `parse` is the parser of all instructions; handed in, because that one uses this one. */
export function parseOnbuild(statement: Statement, parse: (trigger: Statement) => Instruction): OnbuildInstruction {
  const { trigger } = statement;
  if (trigger === undefined) throw atLeastOne(statement);
  readFlags(statement, {});
  const range = trigger.keyword.range;
  if (trigger.name === 'ONBUILD') {
    throw fail(statement, "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", { range });
  }
  if (trigger.name === 'MAINTAINER' || trigger.name === 'FROM') {
    throw fail(statement, `${trigger.name} isn't allowed as an ONBUILD trigger`, { range });
  }
  const text = statement.original.replace(/^onbuild\s*/i, '');
  const expression = statement.heredocs.reduce((whole, { name, content }) => `${whole}\n${content}${name}`, text);
  return { kind: 'ONBUILD', ...commonFields(statement), expression, ...tryParse(trigger, parse) };
}

/** Docker does not look at the trigger before it fires. What is wrong with it is said in a warning. */
function tryParse(
  trigger: Statement,
  parse: (trigger: Statement) => Instruction,
): Pick<OnbuildInstruction, 'trigger' | 'problem'> {
  try {
    return { trigger: parse(trigger), problem: undefined };
  } catch (error) {
    if (!(error instanceof TskerError)) throw error;
    return { trigger: undefined, problem: error.message };
  }
}
