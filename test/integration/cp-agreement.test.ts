// The same cp, export and diff through the docker CLI and through tsker, on tsker's own daemon: what comes out, what is said
// and what is there afterwards is the same (root, a docker CLI).
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import type { DockerCli } from '../helpers/docker-cli.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { ok } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { startEngine } from './cli-engine.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
const engine = startEngine(suite, 'tsker');

const PREPARE =
  'mkdir -p /d/sub; echo hi >/d/f; echo two >/d/sub/g; ln -s /d /ld; ln -s f /d/lf; ln -s /nowhere /dangling; chmod 600 /d/f';

/** One after the other, in a directory with l1, ldir/x/a, lsym → l1, ldsym → ldir; C is the container. */
const OUT = [
  'C:/d/f .|C:/d/f out1|C:/d dd|C:/d dd|C:/d/. ee|C:/d/. ee|C:/ld l|-L C:/ld l2|C:/ld/ l3|C:/ld/. l4|C:/d/lf lf|-L C:/d/lf lf2',
  'C:/dangling dang|-L C:/dangling dang2|C:/nonexist x|C:/d/f/x x|C:/d l1|C:/d/f nodir/|C:/d/f nodir/x|C:/proc/version pv',
  'nosuch:/x .|C:/d C:/e|a b|C: .|C:/d/f /dev/null|C:/d lsym|C:/d ldsym|C:/d/f lsym|C:/d/sub/. .',
].join('|');
const IN = [
  'l1 C:/|l1 C:/new|l1 C:/d|l1 C:/nodir/|l1 C:/nodir/x|l1 C:/d/f|ldir C:/|ldir C:/ldir|ldir/. C:/ldir2|ldir C:/d/f|ldir C:/q/r',
  'lsym C:/|-L lsym C:/x1|ldsym C:/|ldsym/ C:/dsl|-L ldsym C:/dsL|l1 C:/ld|l1 C:/ld/|l1 C:/dangling|l1 C:/dev/null|nonex C:/',
  'l1 nosuch:/|l1 C:|ldir C:/l1|-a ldir C:/owned',
].join('|');

interface Outcome {
  readonly said: readonly string[];
  readonly here: string;
  readonly there: string;
  readonly changes: string;
}

/** `Error response from daemon:` is the docker CLI's own; that of 20.10 says what is not there in words of its own. */
function normal(text: string, here: string): string {
  return text
    .replaceAll(here, 'HERE')
    .replace(/^time=.*\n/gm, '')
    .replace(/^Error: No such container:path: (\w+):(.*)$/gm, (_, name: string, path: string) =>
      name === 'nosuch' ? `No such container: ${name}` : `Could not find the file ${path} in container ${name}`,
    )
    .replace(/^(tsker: |Error response from daemon: )/gm, '');
}

async function copyAll(cli: DockerCli, { here, container }: { here: string; container: string }): Promise<Outcome> {
  writeFileSync(join(here, 'l1'), 'one');
  mkdirSync(join(here, 'ldir/x'), { recursive: true });
  writeFileSync(join(here, 'ldir/x/a'), 'a');
  symlinkSync('l1', join(here, 'lsym'));
  symlinkSync('ldir', join(here, 'ldsym'));
  await cli.ok(['run', '--name', container, 'busybox', 'sh', '-c', PREPARE]);
  const said: string[] = [];
  for (const copy of `${OUT}|${IN}`.split('|')) {
    const args = copy.split(' ').map((word) => word.replace(/^C:/, `${container}:`));
    const { code, stdout, stderr } = await cli.run(['cp', ...args], { cwd: here });
    said.push(`${copy}: ${code} ${normal(stdout + stderr, here).replaceAll(container, 'C')}`);
  }
  const list = (tar: string): string => `${tar} | tar -tv --full-time | sed 's/ 20..-[^ ]* [0-9:.]* / /' | sort`;
  const export_ = `'${cli.path.split(' ').join("' '")}' export ${container}`;
  return {
    said,
    here: await ok(['sh', '-c', list(`tar -c --sort=name -C ${here} .`)]),
    there: await ok(['sh', '-c', list(export_)], { env: cli.env }),
    changes: await cli.ok(['diff', container]),
  };
}

test('cp, diff and export through tsker are those of the docker CLI', async (t) => {
  t.timeout(180_000);
  const { tsker, docker } = await engine;
  const [ours, theirs] = await Promise.all([
    copyAll(tsker, { here: tempdir(t, 'here'), container: 'ours' }),
    copyAll(docker, { here: tempdir(t, 'here'), container: 'theirs' }),
  ]);
  t.deepEqual(ours.said, theirs.said);
  t.is(ours.here, theirs.here);
  t.is(ours.there, theirs.there);
  t.is(ours.changes, theirs.changes);
  t.regex(ours.changes, /^A \/ldir2\/x\/a$/m);
});
