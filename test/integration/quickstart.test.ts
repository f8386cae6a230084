// The README's first command, on the executable that has been built.
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { run } from '../helpers/run.ts';

const SCRIPT = join(import.meta.dirname, '../../scripts/quickstart');

test('quickstart runs a container, shows it as a child of the daemon, and leaves nothing', async (t) => {
  const result = await run([SCRIPT, '--no-build']);
  t.is(result.code, 0, result.stdout + result.stderr);
  t.regex(result.stdout, /hello from a container/);
  t.regex(result.stdout, /^ \\_ \d+ {2}sleep 600/m);
  const left = readdirSync(tmpdir()).filter((name) => name.startsWith('tsker-quickstart.'));
  t.deepEqual(left, []);
});
