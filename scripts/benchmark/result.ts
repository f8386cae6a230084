// What a case of the benchmark reports: figures of both engines and what was asked of their ratio. Prints the table.
import type { Series } from './measure.ts';

export interface Row {
  readonly name: string;
  readonly unit: 'ms' | 'MB' | 'MB/s' | '/s';
  readonly tsker: number;
  readonly reference: number;
  /** What the other column is, when it is not Docker's own figure. */
  readonly against: string;
  /** tsker divided by the reference: at most or at least this much is asked; absent: for information. */
  readonly atMost?: number;
  readonly atLeast?: number;
  /** At most this much more than the reference is asked, in the row's unit. */
  readonly atMostMore?: number;
  readonly samples?: { readonly tsker: readonly number[]; readonly reference: readonly number[] };
}

export function ratioOf(row: Row): number {
  return row.tsker / row.reference;
}

/** True when the row asks nothing or gets what it asks. */
export function holds(row: Row): boolean {
  const ratio = ratioOf(row);
  if (row.atMost !== undefined) return ratio <= row.atMost;
  if (row.atLeast !== undefined) return ratio >= row.atLeast;
  if (row.atMostMore !== undefined) return row.tsker - row.reference <= row.atMostMore;
  return true;
}

/** The rows of one contest: against the reference engine, which is asked for, and against everybody else. */
export function compared(
  name: string,
  series: readonly Series[],
  { command, atMost }: { readonly command: string; readonly atMost: number },
): Row[] {
  const [own, ...others] = series;
  if (own === undefined) throw new Error('there is no contest without tsker');
  return others.map((other) => ({
    ...{ name, unit: 'ms', tsker: own.median, reference: other.median, against: `${other.name} ${command}` },
    ...(other.name === 'docker' ? { atMost } : {}),
    samples: { tsker: own.samples, reference: other.samples },
  }));
}

/** One contender's, by its name. */
export function seriesOf(all: readonly Series[], name: string): Series {
  const found = all.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no contender ${name}`);
  return found;
}

export interface Pair {
  readonly own: Series;
  readonly reference: Series;
  readonly against: string;
  readonly atMost?: number | undefined;
}

/** The times of two contenders. */
export function rowOf(name: string, { own, reference, against, atMost }: Pair): Row {
  return {
    ...{ name, unit: 'ms', tsker: own.median, reference: reference.median, against },
    ...(atMost === undefined ? {} : { atMost }),
    samples: { tsker: own.samples, reference: reference.samples },
  };
}

export function table(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.name,
    `${format(row.tsker)} ${row.unit}`,
    `${format(row.reference)} ${row.unit}`,
    row.against,
    row.atMostMore === undefined ? ratioOf(row).toFixed(2) : `+${format(row.tsker - row.reference)} ${row.unit}`,
    asked(row),
    asked(row) === '' ? '' : holds(row) ? 'yes' : 'NO',
  ]);
  const all = [['what', 'tsker', 'beside', 'which is', 'ratio', 'asked', 'held'], ...lines];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0))) ?? [];
  return all
    .map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`)
    .join('\n');
}

function asked({ atMost, atLeast, atMostMore, unit }: Row): string {
  if (atMost !== undefined) return `≤ ${atMost}`;
  if (atLeast !== undefined) return `≥ ${atLeast}`;
  return atMostMore === undefined ? '' : `≤ +${atMostMore} ${unit}`;
}

function format(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 1 ? 1 : 3);
}
