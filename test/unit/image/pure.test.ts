// The small pure parts of src/image, each by a table.
import test from 'ava';
import { chainIds } from '../../../src/image/chain.ts';
import { applyChanges } from '../../../src/image/changes.ts';
import { patternMatches } from '../../../src/image/pattern.ts';
import { progressBar, throttle } from '../../../src/image/progress.ts';
import { parseTime } from '../../../src/image/time.ts';
import { splitPairs, splitWords } from '../../../src/image/words.ts';
import { humanSize } from '../../../src/util/human-size.ts';

test('a chain id is the diff id of a base, and the hash of parent and diff above', (t) => {
  const [a, b] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`];
  t.deepEqual(chainIds([]), []);
  t.deepEqual(chainIds([a, b]), [a, 'sha256:ccd722928bd92476ba1745586fed6e45a102504185ad88cd89e01ff116fd146c']);
  t.not(chainIds([a, b])[1], chainIds([b, a])[1]);
});

for (const [bytes, text] of [
  [0, '0B'],
  [999, '999B'],
  [1000, '1kB'],
  [32_768, '32.77kB'],
  [2_202_009, '2.202MB'],
  [1_000_000_000, '1GB'],
  [999_999_999, '1000MB'],
] as const) {
  test(`${bytes} bytes are ${text}`, (t) => {
    t.is(humanSize(bytes), text);
  });
}

for (const [current, total, text] of [
  [0, 0, ''],
  [500, 0, '    500B'],
  [0, 100, `[>${' '.repeat(50)}]       0B/100B`],
  [50, 100, `[${'='.repeat(25)}>${' '.repeat(25)}]      50B/100B`],
  [100, 100, `[${'='.repeat(50)}>]     100B/100B`],
  [200, 100, `[${'='.repeat(50)}>]     200B`],
] as const) {
  test(`the bar of ${current} of ${total} is Docker's`, (t) => {
    t.is(progressBar({ current, total }), text);
  });
}

test('progress is reported at most ten times a second, the first at once', (t) => {
  const reported: number[] = [];
  const report = throttle((current) => reported.push(current));
  for (let index = 0; index < 1000; index += 1) report(index);
  t.is(reported[0], 0);
  t.true(reported.length < 5);
});

for (const [pattern, text, expected] of [
  ['busybox', 'busybox', true],
  ['busy*', 'busybox:latest', true],
  ['*', 'a/b', false],
  ['*/*', 'a/b', true],
  ['b?s*', 'busybox', true],
  ['[a-c]usybox', 'busybox', true],
  ['[^a]usybox', 'busybox', true],
  ['[^b]usybox', 'busybox', false],
  ['a.b', 'axb', false],
  ['a\\*b', 'a*b', true],
  ['(a|b)+', 'a', false],
  ['*****************************x', 'a'.repeat(200), false],
] as const) {
  test(`the pattern ${pattern} ${expected ? 'fits' : 'does not fit'} ${text.slice(0, 20)}`, (t) => {
    t.is(patternMatches(pattern, text), expected);
  });
}

for (const pattern of ['[a', 'a\\', '[]']) {
  test(`the pattern ${pattern} is refused`, (t) => {
    t.throws(() => patternMatches(pattern, 'a'), { code: 'invalid' });
  });
}

for (const [text, expected] of [
  ['0', 0],
  ['1767225600', 1_767_225_600_000],
  ['1.5', 1500],
  ['2026-01-01T00:00:00Z', 1_767_225_600_000],
  ['10m', 1_000_000 - 600_000],
  ['1h30m', 1_000_000 - 5_400_000],
  ['1.5s', 998_500],
] as const) {
  test(`the time ${text} is understood`, (t) => {
    t.is(parseTime(text, 1_000_000), expected);
  });
}

test('what is no time is refused', (t) => {
  for (const text of ['', 'yesterday', '10x', '2026-13-45']) {
    t.throws(() => parseTime(text, 0), { code: 'invalid' }, text);
  }
});

test('words are kept together by quotes and backslashes', (t) => {
  t.deepEqual(splitWords(`a "b c" 'd "e' f\\ g ""`), ['a', 'b c', 'd "e', 'f g', '']);
  t.throws(() => splitWords('a "b'), { code: 'invalid' });
  t.deepEqual(splitPairs('a=b c="d e"'), [
    ['a', 'b'],
    ['c', 'd e'],
  ]);
  t.deepEqual(splitPairs('a the rest'), [['a', 'the rest']]);
  t.throws(() => splitPairs('=x'), { code: 'invalid' });
});

const CHANGES: readonly (readonly [readonly string[], object])[] = [
  [['CMD ["sh", "-c"]'], { Cmd: ['sh', '-c'] }],
  [['cmd echo hi'], { Cmd: ['/bin/sh', '-c', 'echo hi'] }],
  [['CMD [broken'], { Cmd: ['/bin/sh', '-c', '[broken'] }],
  [['ENTRYPOINT ["/x"]'], { Entrypoint: ['/x'] }],
  [['ENV A=1 B="2 3"', 'ENV A=4'], { Env: ['A=4', 'B=2 3'] }],
  [['EXPOSE 80 53/UDP'], { ExposedPorts: { '80/tcp': {}, '53/udp': {} } }],
  [['LABEL a=b', 'LABEL c d e'], { Labels: { a: 'b', c: 'd e' } }],
  [['USER 1:1', 'WORKDIR /a', 'WORKDIR b'], { User: '1:1', WorkingDir: '/a/b' }],
  [['VOLUME /a /b', 'VOLUME ["/c d"]'], { Volumes: { '/a': {}, '/b': {}, '/c d': {} } }],
  [['STOPSIGNAL SIGINT', 'ONBUILD RUN x'], { StopSignal: 'SIGINT', OnBuild: ['RUN x'] }],
  [['HEALTHCHECK NONE'], { Healthcheck: { Test: ['NONE'] } }],
  [['HEALTHCHECK CMD curl x'], { Healthcheck: { Test: ['CMD-SHELL', 'curl x'] } }],
  [['USER a\nCMD ["b"]', '# c', ''], { User: 'a', Cmd: ['b'] }],
];

for (const [changes, expected] of CHANGES) {
  test(`the changes ${JSON.stringify(changes)} are applied`, (t) => {
    t.deepEqual(applyChanges({}, changes) as object, expected);
  });
}

for (const change of ['RUN x', 'COPY a b', 'CMD', 'EXPOSE x', 'LABEL "a', 'FROM x']) {
  test(`the change ${change} is refused`, (t) => {
    t.throws(() => applyChanges({}, [change]), { code: 'invalid' });
  });
}
