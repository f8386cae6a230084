import test from 'ava';
import { fixedTime, LineFilter, type Selection } from '../../../../../src/daemon/logging/read/selection.ts';
import type { LogLine } from '../../../../../src/types/container.ts';

const SECOND = 1_000_000_000n;
const ALL: Selection = { stdout: true, stderr: true, since: undefined, until: undefined };

function line(time: string, stream: LogLine['stream'] = 'stdout'): LogLine {
  return { log: time, stream, time };
}

function select(selection: Partial<Selection>, lines: readonly LogLine[]): string[] {
  return new LineFilter({ ...ALL, ...selection }).select(lines).map(({ log }) => log);
}

test('a time has nine digits', (t) => {
  t.is(fixedTime(0n), '1970-01-01T00:00:00.000000000Z');
  t.is(fixedTime(1_795_268_641n * SECOND + 45_154_910n), '2026-11-21T13:44:01.045154910Z');
});

test('streams are told apart', (t) => {
  const lines = [line('1'), line('2', 'stderr')];
  t.deepEqual(select({ stderr: false }, lines), ['1']);
  t.deepEqual(select({ stdout: false }, lines), ['2']);
});

test('both ends of a span belong to it, in long times and short ones', (t) => {
  const times = ['10.000000000Z', '11Z', '11.000000000Z', '12.5Z', '12.500000001Z'].map(
    (end) => `1970-01-01T00:00:${end}`,
  );
  const lines = times.map((time) => line(time));
  t.deepEqual(select({ since: 11n * SECOND }, lines), times.slice(1));
  t.deepEqual(select({ until: 12n * SECOND + SECOND / 2n }, lines), times.slice(0, 4));
  t.deepEqual(select({ since: 11n * SECOND, until: 11n * SECOND }, lines), times.slice(1, 3));
});

test('a damaged time is the oldest', (t) => {
  t.deepEqual(select({ since: 1n }, [line('?')]), []);
  t.deepEqual(select({ until: 1n }, [line('?')]), ['?']);
});
