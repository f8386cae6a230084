// The fast parser and yargs are configured from one table: they have to agree on what yargs can express.
import test from 'ava';
import { parseArguments } from '../../../../src/cli/flags/parse.ts';
import { COMMANDS } from '../../../../src/cli/table.ts';
import { addFlags, createYargs } from '../../../../src/cli/yargs-command.ts';

const LINES: readonly [string, string][] = [
  ['run', '-it --rm --name web -e A=1 --env B=2 -v /a:/b -w /srv image'],
  ['run', '-m 64m --cpus 1.5 --pids-limit 9 --network none --read-only image'],
  ['run', '--entrypoint=/bin/sh --init=false --net host --ulimit core=-1 image'],
  ['ps', '-aq -f status=exited --filter name=x --format json -n 3'],
  ['logs', '-ft --tail 10 --since 1m web'],
  ['stop', '-t 3 -s HUP one two'],
  ['images', '--digests --no-trunc busybox'],
  ['rm', '-fv one two'],
];

for (const [name, line] of LINES) {
  test(`yargs and the fast parser understand the same: ${name} ${line}`, async (t) => {
    const entry = COMMANDS.find(({ names }) => names[0] === name);
    const { flags: table } = (await entry?.load()) ?? t.fail();
    const words = line.split(' ');
    const ours = parseArguments(table, words);
    const theirs: Record<string, unknown> = await addFlags(createYargs(words, 80), table).parseAsync();
    t.deepEqual([...ours.args], theirs['_']);
    for (const [flag, spec] of Object.entries(table)) {
      const value = (ours.flags as Record<string, unknown>)[flag];
      if (spec.kind === 'bytes') continue;
      if (spec.kind === 'list') t.deepEqual(value, theirs[flag] ?? [], flag);
      else t.is(value, theirs[flag], flag);
    }
  });
}
