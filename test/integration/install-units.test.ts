// tsker system install-units: the files, a second time, and beside what somebody changed. No systemd is needed.
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { tskerCommand } from '../helpers/daemon.ts';
import { run } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';

test('units are written, and what somebody changed is left alone', async (t) => {
  const directory = tempdir(t, 'units');
  const install = (...flags: string[]) =>
    run([...tskerCommand(), 'system', 'install-units', '--directory', directory, ...flags]);
  const first = await install('--group', 'root');
  t.is(first.code, 0, first.stderr);
  t.deepEqual(readdirSync(directory).sort(), ['tsker.service', 'tsker.socket']);
  t.is(first.stdout, `${join(directory, 'tsker.service')}\n${join(directory, 'tsker.socket')}\n`);
  t.regex(first.stderr, /systemctl enable --now/);
  t.regex(readFileSync(join(directory, 'tsker.service'), 'utf8'), /^ExecStart=\/.* daemon -H fd:\/\/$/m);
  t.is((await install('--group', 'root')).code, 0, 'once more');
  appendFileSync(join(directory, 'tsker.socket'), '# mine\n');
  const refused = await install('--group', 'root');
  t.regex(refused.stderr, /tsker.socket exists and says something else/);
  t.is((await install('--group', 'root', '--force')).code, 0);
});
