import test from 'ava';
import { parseContainerdOptions } from '../../../src/containerd/options.ts';

test('a state directory and a runtime are named', (t) => {
  t.deepEqual(parseContainerdOptions(['--state', '/run/x', '--', '/usr/bin/tsker', 'runc']), {
    state: '/run/x',
    runtime: ['/usr/bin/tsker', 'runc'],
  });
});

for (const argv of [[], ['--state'], ['--state', '/x'], ['--state', '/x', '--'], ['--state', '/x', '--', 'runc']]) {
  test(`refused: ${JSON.stringify(argv)}`, (t) => {
    t.throws(() => parseContainerdOptions(argv), { message: /^usage: tsker containerd/ });
  });
}

test('the state directory is absolute', (t) => {
  t.throws(() => parseContainerdOptions(['--state', 'x', '--', '/runc']), { message: /must be absolute/ });
});
