// A list of things as the user wants it: a table, JSON lines, or a Go template with or without column heads. The template
// engine is loaded only when there is a template.
import type { Io } from '../io.ts';
import { tabulate } from './tabulate.ts';

/** What a list shows: `rows` hold every field a template can name, `headers` the heads of these fields. */
export interface ListView {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly headers: Readonly<Record<string, string>>;
  /** Fields of the default table, in order. */
  readonly columns: readonly string[];
  /** Fields of the default table that may be cut to fit a terminal. */
  readonly shrinkable?: readonly string[];
}

/** The text of the list, with line ends. */
export async function renderList(view: ListView, format: string | undefined, io: Io): Promise<string> {
  const trimmed = (format ?? 'table').trim();
  if (trimmed === 'table' || trimmed === '') return lines(tabulate(defaultTable(view), fitting(view, io)));
  if (trimmed === 'json') return lines(view.rows.map((row) => JSON.stringify(row)));
  const { renderRows } = await import('../template/rows.ts');
  return renderRows(trimmed, view);
}

function defaultTable({ rows, headers, columns }: ListView): readonly (readonly string[])[] {
  const cells = rows.map((row) => columns.map((column) => String(row[column] ?? '')));
  return [columns.map((column) => headers[column] ?? column), ...cells];
}

function fitting(view: ListView, io: Io): { width?: number | undefined; shrinkable: readonly number[] } {
  const shrinkable = (view.shrinkable ?? []).map((name) => view.columns.indexOf(name));
  return { width: io.columns, shrinkable };
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}
