// `--format 'table {{.ID}}\t{{.Names}}'` and its plain form: one line for each row of a list, a head made by the same
// template from the fields' names.
import type { ListView } from '../output/list.ts';
import { tabulate } from '../output/tabulate.ts';
import { evaluate } from './evaluate.ts';
import type { TemplateFunction } from './functions.ts';
import { type Node, parseTemplate } from './parser.ts';
import { print } from './value.ts';

/** A head passes through functions as it is: `{{upper .Names}}` is still headed NAMES. */
const unchanged: TemplateFunction = (value) => value;
const HEAD_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  json: unchanged,
  join: unchanged,
  split: unchanged,
  lower: unchanged,
  upper: unchanged,
  title: unchanged,
  truncate: unchanged,
  pad: unchanged,
  len: unchanged,
  printf: (_, ...args) => args.map(print).join(' '),
};

export function renderRows(format: string, view: ListView): string {
  const isTable = /^table(\s|\\t)/.test(format);
  const source = isTable ? format.slice('table'.length).replace(/^ +/, '') : format;
  // A shell leaves \t and \n as they are typed.
  const nodes = parseTemplate(source.replaceAll('\\t', '\t').replaceAll('\\n', '\n'));
  const lines = view.rows.map((row) => evaluate(nodes, row));
  if (!isTable) return lines.map((line) => `${line}\n`).join('');
  const all = [renderHead(nodes, view.headers), ...lines];
  const aligned = tabulate(all.flatMap((line) => line.split('\n')).map((line) => line.split('\t')));
  return aligned.map((line) => `${line}\n`).join('');
}

function renderHead(nodes: readonly Node[], headers: Readonly<Record<string, string>>): string {
  const data = { ...headers, Label: labelHead };
  return evaluate(nodes, data, { functions: HEAD_FUNCTIONS, missing: () => '' });
}

/** `com.example.some-thing` → `some thing`, as Docker heads a label's column. */
function labelHead(name: unknown): string {
  const last = String(name).split('.').at(-1) ?? '';
  return last.replace(/[-_]/g, ' ');
}
