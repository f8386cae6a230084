// RUN [--mount=…] [--network=…] [--security=…] [--device=…] command
import { goQuote } from '../../words/quote.ts';
import { nearest } from '../nearest.ts';
import type { Word } from '../position.ts';
import type { Statement } from '../statement.ts';
import type { RunInstruction } from '../types.ts';
import { commandOf, commonFields, fail } from './common.ts';
import { parseDevice } from './device.ts';
import { readFlags } from './flags.ts';
import { parseMountFlag } from './mount.ts';

const NETWORKS = ['default', 'none', 'host'] as const;
const SECURITIES = ['sandbox', 'insecure'] as const;

export function parseRun(statement: Statement): RunInstruction {
  const flags = readFlags(statement, { mount: 'list', network: 'text', security: 'text', device: 'list' });
  return {
    kind: 'RUN',
    ...commonFields(statement),
    command: commandOf(statement),
    heredocs: statement.heredocs,
    mounts: flags.mount.map((word) => parseMountFlag(statement, word)),
    devices: flags.device.map((word) => parseDevice(statement, word)),
    network: oneOf(statement, flags.network, {
      allowed: NETWORKS,
      wrong: (value) => `invalid network mode ${goQuote(value)}`,
    }),
    security: oneOf(statement, flags.security, {
      allowed: SECURITIES,
      wrong: (value) => `security ${goQuote(value)} is not valid`,
    }),
  };
}

/** The first of those allowed when the flag was not given. */
function oneOf<Value extends string>(
  statement: Statement,
  word: Word | undefined,
  { allowed, wrong }: { readonly allowed: readonly [Value, ...Value[]]; readonly wrong: (value: string) => string },
): Value {
  if (word === undefined) return allowed[0];
  const found = allowed.find((value) => value === word.text);
  if (found !== undefined) return found;
  throw fail(statement, wrong(word.text), { range: word.range, suggestion: nearest(word.text, allowed) });
}
