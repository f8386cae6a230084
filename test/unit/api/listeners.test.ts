import test from 'ava';
import { parseAddress, parseGroups } from '../../../src/api/listeners.ts';
import { TskerError } from '../../../src/util/errors.ts';

test('unix sockets are absolute paths', (t) => {
  t.deepEqual(parseAddress('unix:///var/run/tsker.sock'), { kind: 'unix', path: '/var/run/tsker.sock' });
});

for (const [text, host, port] of [
  ['tcp://127.0.0.1:2375', '127.0.0.1', 2375],
  ['tcp://localhost:1', 'localhost', 1],
  ['tcp://[::1]:2375', '::1', 2375],
] as const) {
  test(`${text} is served`, (t) => {
    t.deepEqual(parseAddress(text), { kind: 'tcp', host, port });
  });
}

for (const text of ['', 'unix://relative', 'fd://', 'tcp://127.0.0.1', 'tcp://127.0.0.1:99999', '/var/run/x.sock']) {
  test(`"${text}" is refused`, (t) => {
    t.throws(() => parseAddress(text), { instanceOf: TskerError });
  });
}

for (const text of ['tcp://0.0.0.0:2375', 'tcp://192.168.1.1:2375', 'tcp://example.org:2375', 'tcp://[::]:2375']) {
  test(`${text} is refused: whoever reaches the API is root`, (t) => {
    const error = t.throws(() => parseAddress(text), { instanceOf: TskerError });
    t.regex(error?.message ?? '', /loopback/);
  });
}

test('groups are read by name, damaged lines are skipped', (t) => {
  const groups = parseGroups('root:x:0:\ndocker:x:998:ann,bob\nbroken\nodd:x:abc:\n');
  t.deepEqual(
    [...groups],
    [
      ['root', 0],
      ['docker', 998],
    ],
  );
});
