import test from 'ava';
import { parseChallenges } from '../../../src/registry/challenge.ts';

const CASES: readonly (readonly [string, readonly (readonly [string, Readonly<Record<string, string>>])[]])[] = [
  ['Basic realm="x"', [['basic', { realm: 'x' }]]],
  ['BASIC REALM=x', [['basic', { realm: 'x' }]]],
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
    [
      [
        'bearer',
        { realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: 'repository:a/b:pull,push' },
      ],
    ],
  ],
  [
    'Basic realm="a, b=c", Bearer realm="https://t" , service=s',
    [
      ['basic', { realm: 'a, b=c' }],
      ['bearer', { realm: 'https://t', service: 's' }],
    ],
  ],
  [
    'Negotiate, Basic realm="r\\"q"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'r"q' }],
    ],
  ],
  ['', []],
  [',,,', []],
  ['Basic realm="open', [['basic', {}]]],
];

for (const [header, expected] of CASES) {
  test(`the challenges of ${JSON.stringify(header)} are read`, (t) => {
    const found = parseChallenges(header).slice(0, expected.length);
    t.deepEqual(
      found.map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]),
      expected.map(([scheme, parameters]) => [scheme, parameters]),
    );
  });
}

test('a long hostile header is read in no time', (t) => {
  const started = performance.now();
  parseChallenges(`Bearer ${'a="\\'.repeat(20_000)}`);
  parseChallenges(`${' ,'.repeat(20_000)}x`);
  t.true(performance.now() - started < 1000);
});
