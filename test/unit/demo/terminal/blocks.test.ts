import test from 'ava';
import { drawBlock } from '../../../../src/demo/terminal/blocks.ts';
import { painter, widthOf, wrap } from '../../../../src/demo/terminal/style.ts';
import { INTERFACE } from '../../../../src/demo/texts/interface.ts';

const OPTIONS = { paint: painter(false), width: 60, roles: INTERFACE.en.roles };

test('a tree is drawn with its branches', (t) => {
  const leaf = { parent: 2, role: 'container', command: 'sleep 1', children: [] } as const;
  const children = [
    { ...leaf, pid: 3, container: 'one', memory: 2_500_000 },
    { ...leaf, pid: 4, container: 'two' },
  ];
  const roots = [{ pid: 2, parent: 1, role: 'daemon', command: 'tsker daemon', children } as const];
  t.deepEqual(drawBlock({ kind: 'tree', roots }, OPTIONS), [
    '      2 ← 1       tsker daemon  the engine',
    '      3 ← 2       ├─ sleep 1  container one  2.50 MB',
    '      4 ← 2       └─ sleep 1  container two',
  ]);
});

test('columns of a table are as wide as what is in them, in two languages', (t) => {
  const rows = [
    ['内存', '1'],
    ['b', '22'],
  ];
  t.deepEqual(drawBlock({ kind: 'table', head: ['x', 'figure'], rows }, OPTIONS), [
    'x     figure',
    '────────────',
    '内存  1',
    'b     22',
  ]);
});

test('bars are as long as their share, and never longer than the terminal', (t) => {
  const bars = [
    { label: 'monolith', value: 1 },
    { label: 'split', value: 4 },
    { label: 'none', value: 0 },
  ];
  const [title, ...lines] = drawBlock({ kind: 'bars', title: 'T', unit: 'ms', bars }, OPTIONS);
  t.is(title, 'T');
  const lengths = lines.map((line) => line.split('█').length - 1);
  t.true(Math.abs((lengths[1] ?? 0) - 4 * (lengths[0] ?? 0)) <= 2);
  t.is(lengths[2], 0);
  t.true(lines.every((line) => widthOf(line) <= 60));
});

test('lines are broken at spaces, and between wide characters but not before their punctuation', (t) => {
  t.deepEqual(wrap('one two three', 7), ['one two', 'three']);
  t.deepEqual(wrap('进程会死，挂载不会。', 8), ['进程会死，', '挂载不会。']);
  t.true(wrap('a'.repeat(100), 10).length === 1);
});

test('paint is put on only where it is wanted', (t) => {
  t.is(painter(false)('red', 'x'), 'x');
  t.is(painter(true)('red', 'x'), '\u001b[31mx\u001b[39m');
});
