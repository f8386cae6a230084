// Rows to aligned text, as Go's tabwriter does with Docker's parameters: columns at least 10 wide, 3 spaces between. Pure.

const MIN_WIDTH = 10;
const PADDING = 3;
/** A column that is cut to fit a terminal keeps this much. */
const MIN_CUT = 12;

export interface TabulateOptions {
  /** Of the terminal; without it lines are as long as they are. */
  readonly width?: number | undefined;
  /** Indices of columns that may be cut to fit the width; never ids and names, which are typed again. */
  readonly shrinkable?: readonly number[];
}

/** One line a row, without line ends. The last cell of a row is not padded. */
export function tabulate(rows: readonly (readonly string[])[], options: TabulateOptions = {}): readonly string[] {
  const fitted = options.width === undefined ? rows : shrink(rows, options.width, options.shrinkable ?? []);
  const widths = columnWidths(fitted);
  return fitted.map((row) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : pad(cell, widths[column] ?? 0))).join(''),
  );
}

/** The width of every column but a row's last cell, which belongs to none. */
function columnWidths(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (let column = 0; column < row.length - 1; column++) {
      widths[column] = Math.max(widths[column] ?? MIN_WIDTH, lengthOf(row[column]) + PADDING);
    }
  }
  return widths;
}

/** Cuts the longest of the columns that may be cut until the lines fit, or nothing more can be taken. */
function shrink(
  rows: readonly (readonly string[])[],
  width: number,
  shrinkable: readonly number[],
): readonly (readonly string[])[] {
  const widths = columnWidths(rows);
  const last = Math.max(0, ...rows.map((row) => lengthOf(row.at(-1))));
  let excess = widths.reduce((sum, one) => sum + one, last) - width;
  const limits = new Map<number, number>();
  for (const column of shrinkable) {
    if (excess <= 0) break;
    const content = (widths[column] ?? 0) - PADDING;
    const cut = Math.min(excess, Math.max(0, content - MIN_CUT));
    if (cut === 0) continue;
    limits.set(column, content - cut);
    excess -= cut;
  }
  return limits.size === 0 ? rows : rows.map((row) => row.map((cell, column) => cutTo(cell, limits.get(column))));
}

function cutTo(cell: string, limit: number | undefined): string {
  if (limit === undefined || lengthOf(cell) <= limit) return cell;
  return `${[...cell].slice(0, limit - 1).join('')}…`;
}

function pad(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - lengthOf(cell)));
}

/** In characters, not UTF-16 units; wide characters count one, as with Docker. */
function lengthOf(cell = ''): number {
  return /^[\x20-\x7e]*$/.test(cell) ? cell.length : [...cell].length;
}
