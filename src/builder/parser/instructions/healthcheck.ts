// HEALTHCHECK [--interval=d] [--timeout=d] [--start-period=d] [--start-interval=d] [--retries=n] CMD command | NONE
import { goQuote } from '../../words/quote.ts';
import { parseDuration } from '../duration.ts';
import { nearest } from '../nearest.ts';
import type { Word } from '../position.ts';
import type { Statement } from '../statement.ts';
import type { Healthcheck, HealthcheckInstruction } from '../types.ts';
import { atLeastOne, commandOf, commonFields, fail } from './common.ts';
import { readFlags } from './flags.ts';

const MILLISECOND = 1_000_000;
const MAX_RETRIES = 2 ** 31 - 1;

export function parseHealthcheck(statement: Statement): HealthcheckInstruction {
  const [word, ...rest] = statement.words;
  if (word === undefined) throw atLeastOne(statement);
  if (word.text.toUpperCase() !== 'NONE') {
    return { kind: 'HEALTHCHECK', ...commonFields(statement), check: readCheck(statement, word) };
  }
  // Flags are not looked at here, as in Docker.
  const [extra] = rest;
  if (extra !== undefined) throw fail(statement, 'HEALTHCHECK NONE takes no arguments', { range: extra.range });
  return { kind: 'HEALTHCHECK', ...commonFields(statement), check: undefined };
}

function readCheck(statement: Statement, word: Word): Healthcheck {
  const flags = readFlags(statement, {
    interval: 'text',
    timeout: 'text',
    'start-period': 'text',
    'start-interval': 'text',
    retries: 'text',
  });
  const type = word.text.toUpperCase();
  if (type !== 'CMD') {
    throw fail(statement, `Unknown type ${goQuote(type)} in HEALTHCHECK (try CMD)`, {
      range: word.range,
      suggestion: nearest(type, ['CMD', 'NONE']),
    });
  }
  const command = commandOf(statement, 1);
  if (command.words.length === 0) throw fail(statement, 'Missing command after HEALTHCHECK CMD');
  return {
    command,
    interval: readInterval(statement, 'interval', flags.interval),
    timeout: readInterval(statement, 'timeout', flags.timeout),
    startPeriod: readInterval(statement, 'start-period', flags['start-period']),
    startInterval: readInterval(statement, 'start-interval', flags['start-interval']),
    retries: readRetries(statement, flags.retries),
  };
}

/** 0 stands for the default, and later Dockers let it be written. */
function readInterval(statement: Statement, name: string, word: Word | undefined): number {
  if (word === undefined || word.text === '') return 0;
  const { range } = word;
  const duration = parseDuration(word.text);
  if (typeof duration === 'string')
    throw fail(statement, duration, { range, hint: 'durations look like 30s or 1m30s' });
  if (duration === 0 || duration >= MILLISECOND) return duration;
  throw fail(statement, `Interval ${goQuote(name)} cannot be less than 1ms`, { range });
}

function readRetries(statement: Statement, word: Word | undefined): number {
  if (word === undefined || word.text === '') return 0;
  const { text, range } = word;
  if (!/^[+-]?\d+$/.test(text)) throw fail(statement, parseIntMessage(text, 'invalid syntax'), { range });
  const retries = Number(text);
  if (Math.abs(retries) > MAX_RETRIES) throw fail(statement, parseIntMessage(text, 'value out of range'), { range });
  if (retries >= 0) return retries;
  throw fail(statement, `--retries cannot be negative (${retries})`, { range });
}

function parseIntMessage(text: string, problem: string): string {
  return `strconv.ParseInt: parsing ${goQuote(text)}: ${problem}`;
}
