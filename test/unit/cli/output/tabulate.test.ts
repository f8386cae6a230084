import test from 'ava';
import { tabulate } from '../../../../src/cli/output/tabulate.ts';

test('columns are as wide as their widest cell and three spaces, at least ten', (t) => {
  t.deepEqual(
    tabulate([
      ['ID', 'NAME', 'LAST'],
      ['1', 'a name that is long', 'x'],
      ['22', 'ü', 'and longer'],
    ]),
    [
      'ID        NAME                  LAST',
      '1         a name that is long   x',
      '22        ü                     and longer',
    ],
  );
});

test('rows may be of different lengths', (t) => {
  t.deepEqual(tabulate([['a', 'b'], ['only one'], ['a', 'b', 'c']]), [
    'a         b',
    'only one',
    'a         b         c',
  ]);
});

const ROWS = [
  ['ID', 'IMAGE', 'NAME'],
  ['1', 'registry.example.org/some/very/long/name', 'web'],
];

test('a column that may be cut makes lines fit a terminal', (t) => {
  const lines = tabulate(ROWS, { width: 40, shrinkable: [1] });
  t.true(lines.every((line) => line.length <= 40));
  t.is(lines[1], '1         registry.example.org/s…   web');
});

test('no column is cut below what can still be read, nor one that must not be', (t) => {
  t.is(tabulate(ROWS, { width: 5, shrinkable: [1] })[1], '1         registry.ex…   web');
  t.is(tabulate(ROWS, { width: 5, shrinkable: [] })[1], tabulate(ROWS)[1]);
});
