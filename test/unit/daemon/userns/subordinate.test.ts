import test from 'ava';
import { freeRange, mappingsOf, parseSubordinate } from '../../../../src/daemon/userns/subordinate.ts';

const TEXT = 'root:100000:65536\n# a comment\nbroken\nann:300000:10\n1000:165536:65536\nann:200000:5\nann:400000:0\n';

test('lines that are no ranges are passed over', (t) => {
  t.deepEqual(
    parseSubordinate(TEXT).map(({ owner, start, size }) => `${owner} ${start} ${size}`),
    ['root 100000 65536', 'ann 300000 10', '1000 165536 65536', 'ann 200000 5', 'ann 400000 0'],
  );
});

test('ranges of one owner follow each other in the namespace, the lowest first', (t) => {
  t.deepEqual(mappingsOf(parseSubordinate(TEXT), { name: 'ann', id: 7 }), [
    { containerID: 0, hostID: 200_000, size: 5 },
    { containerID: 5, hostID: 300_000, size: 10 },
  ]);
});

test('an owner is found by its number as well', (t) => {
  t.deepEqual(mappingsOf(parseSubordinate(TEXT), { name: 'bob', id: 1000 }), [
    { containerID: 0, hostID: 165_536, size: 65_536 },
  ]);
  t.deepEqual(mappingsOf(parseSubordinate(TEXT), { name: 'nobody', id: 65_534 }), []);
});

for (const [taken, start] of [
  ['', 100_000],
  ['a:100000:65536', 165_536],
  ['a:165536:65536\nb:100000:65536', 231_072],
  ['a:120000:10', 120_010],
  ['a:1000:10\nb:300000:65536', 100_000],
] as const) {
  test(`beside ${JSON.stringify(taken)} the free range begins at ${start}`, (t) => {
    t.deepEqual(freeRange(parseSubordinate(taken)), { start, size: 65_536 });
  });
}
