// Draws what a step shows in a terminal: trees, tables, bars, lines. Pure: blocks in, lines out.
import type { Bar, Block } from '../block.ts';
import type { ProcessNode, Role } from '../proc/tree.ts';
import { type Paint, type Painter, padEnd, widthOf } from './style.ts';

export interface DrawOptions {
  readonly paint: Painter;
  /** Columns. */
  readonly width: number;
  /** Names of roles in the tour's language. */
  readonly roles: Readonly<Record<Role, string>>;
}

const ROLE_PAINT: Readonly<Record<Role, Paint>> = {
  daemon: 'cyan',
  containerd: 'blue',
  shim: 'magenta',
  runtime: 'yellow',
  container: 'green',
  other: 'dim',
};

export function drawBlock(block: Block, options: DrawOptions): readonly string[] {
  switch (block.kind) {
    case 'lines':
      return block.lines;
    case 'tree':
      return block.roots.flatMap((root) => drawNode(root, { first: '', rest: '' }, options));
    case 'table':
      return drawTable(block.head, block.rows, options);
    case 'bars':
      return [options.paint('bold', block.title), ...drawBars(block.bars, block.unit, options)];
  }
}

interface Indent {
  readonly first: string;
  readonly rest: string;
}

function drawNode(node: ProcessNode, { first, rest }: Indent, options: DrawOptions): readonly string[] {
  const { paint, roles } = options;
  const role = node.container === undefined ? roles[node.role] : `${roles[node.role]} ${node.container}`;
  const memory = node.memory === undefined ? '' : `  ${megabytes(node.memory)}`;
  const text = `${String(node.pid).padStart(7)} ← ${String(node.parent).padEnd(7)} ${first}`;
  const line = `${paint('dim', text)}${paint(ROLE_PAINT[node.role], node.command)}  ${paint('dim', `${role}${memory}`)}`;
  const children = node.children.flatMap((child, index) => {
    const last = index === node.children.length - 1;
    return drawNode(
      child,
      { first: `${rest}${last ? '└─ ' : '├─ '}`, rest: `${rest}${last ? '   ' : '│  '}` },
      options,
    );
  });
  return [line, ...children];
}

function drawTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  options: DrawOptions,
): readonly string[] {
  const widths = head.map((name, column) => Math.max(...[name, ...rows.map((row) => row[column] ?? '')].map(widthOf)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => padEnd(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('──');
  return [options.paint('bold', line(head)), options.paint('dim', rule), ...rows.map(line)];
}

function drawBars(bars: readonly Bar[], unit: string, { paint, width }: DrawOptions): readonly string[] {
  const label = Math.max(...bars.map((bar) => widthOf(bar.label)));
  const figures = bars.map(({ value }) => `${figure(value)} ${unit}`);
  const room = Math.max(10, width - label - Math.max(...figures.map(widthOf)) - 3);
  const most = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  return bars.map(({ label: name, value }, index) => {
    const length = Math.max(value > 0 ? 1 : 0, Math.round((value / most) * room));
    const colour = index === 0 ? 'cyan' : 'magenta';
    return `${padEnd(name, label)} ${paint(colour, '█'.repeat(length))} ${figures[index]}`;
  });
}

export function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function megabytes(bytes: number): string {
  return `${figure(bytes / 1e6)} MB`;
}
