// What a diagnostic looks like is in negative/<case>/error; here is what those cases do not reach.
import test from 'ava';
import { renderDiagnostic } from '../../../src/builder/diagnostics.ts';

const source = `${Array.from({ length: 20 }, (_, index) => `line ${index + 1}`).join('\n')}\n`;

test('a fault over many lines is shown by its ends', (t) => {
  const range = { start: { line: 9, column: 1 }, end: { line: 18, column: 3 } };
  t.is(
    renderDiagnostic({ file: 'x', source, range, message: 'wrong' }),
    [
      'x:9:1: wrong',
      '',
      '    7 | line 7',
      '    8 | line 8',
      ' >  9 | line 9',
      ' > 10 | line 10',
      ' > 11 | line 11',
      ' > 12 | line 12',
      ' > 13 | line 13',
      '   …',
      ' > 18 | line 18',
      '   19 | line 19',
      '   20 | line 20',
    ].join('\n'),
  );
});

test('an empty file has no lines to show', (t) => {
  const range = { start: { line: 1, column: 1 }, end: { line: 1, column: 1 } };
  t.is(renderDiagnostic({ file: 'x', source: '', range, message: 'empty' }), 'x:1:1: empty');
});

test('a place behind the end of a line is marked there', (t) => {
  const range = { start: { line: 1, column: 4 }, end: { line: 1, column: 4 } };
  t.is(
    renderDiagnostic({ file: 'x', source: 'abc', range, message: 'm', hint: 'h' }),
    ['x:1:4: m', '', ' > 1 | abc', '     |    ^', '', 'hint: h'].join('\n'),
  );
});
