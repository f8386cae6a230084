// system df and image prune on the command line: tsker's beside Docker's, about the same engine. Needs: root, the docker CLI.
import test from 'ava';
import { busyboxEntries } from '../helpers/busybox.ts';
import { startDaemon } from '../helpers/daemon.ts';
import { dockerClis } from '../helpers/docker-cli.ts';
import { makeTar } from '../helpers/tar.ts';

test('system df says what docker says of the same engine, and prune gives it back', async (t) => {
  const { tsker, docker, api } = await startDaemon(t);
  const input = makeTar(await busyboxEntries());
  await tsker.ok(['import', '-', 'base:1'], { input });
  await tsker.ok(['import', '-', 'unused:1'], { input: makeTar([{ path: 'u', content: 'u'.repeat(1000) }]) });
  const id = await tsker.ok(['run', '-d', '--net', 'none', 'base:1', 'sh', '-c', 'echo 12345 > /f; sleep 1000']);
  const ended = await tsker.ok(['run', '-d', '--net', 'none', 'base:1', 'sh', '-c', 'echo 1234567 > /f']);
  await tsker.ok(['wait', ended]);
  const text = await tsker.ok(['system', 'df']);
  for (const cli of dockerClis()) t.is(text, await docker(cli).ok(['system', 'df']), cli);
  t.regex(text, /^Images +2 +1 +\S+ +1kB \(0%\)$/m);
  t.regex(text, /^Containers +2 +1 +14B +8B \(57%\)$/m);
  // They are asked one after the other: ages differ.
  const words = (verbose: string): string[] =>
    verbose.replace(/(?:Less than a|About a|\d+) (?:second|minute)s?/g, 'AGE').split(/\s+/);
  const verbose = await tsker.ok(['system', 'df', '-v']);
  const theirs = await docker().ok(['system', 'df', '-v']);
  const known = theirs.slice(0, theirs.indexOf('Build cache usage'));
  // Docker's command line before 23 shows the sizes of this table with a digit more.
  const [ours, expected] = [verbose.slice(0, verbose.indexOf('Build cache usage')), known].map(words);
  if (dockerClis().includes('new')) t.deepEqual(ours, expected);
  else t.is(ours?.length, expected?.length);
  const only = (await api('GET', '/v1.43/system/df?type=image')).json<Record<string, unknown>>();
  t.is(only['Containers'], null);
  t.is((await api('GET', '/system/df?type=nonsense')).status, 400);
  for (const [version, wanted] of [
    ['v1.43', true],
    ['v1.44', false],
  ] as const) {
    const [image] = (await api('GET', `/${version}/images/json`)).json<Record<string, unknown>[]>();
    t.is(image?.['VirtualSize'], wanted ? image?.['Size'] : undefined);
    const one = (await api('GET', `/${version}/images/base:1/json`)).json<Record<string, unknown>>();
    t.is(one['VirtualSize'], wanted ? one['Size'] : undefined);
  }

  t.regex(await tsker.ok(['image', 'prune', '-f']), /^Total reclaimed space: 0B$/);
  const pruned = await tsker.ok(['image', 'prune', '-af']);
  t.regex(pruned, /^Deleted Images:\nuntagged: unused:1\ndeleted: sha256:.*\n/);
  t.regex(pruned, /Total reclaimed space: 1kB$/);
  t.is(await tsker.ok(['images', '--format', '{{.Repository}}']), 'base', 'what a container uses stays');
  await tsker.ok(['rm', '-f', id, ended]);
});
