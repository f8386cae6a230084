// What --show-api prints is run by a shell, and does what the command did. Needs: root, curl.
import { existsSync } from 'node:fs';
import anyTest, { type TestFn } from 'ava';
import { needing } from '../helpers/needs.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { ok, run } from '../helpers/run.ts';
import { startWithBusybox } from './daemon.harness.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
const daemon = startWithBusybox(suite);
const check = needing(test.serial, { curl: existsSync('/usr/bin/curl') });

/** The lines that a command shows; it has to succeed. */
async function shown(...words: readonly string[]): Promise<string[]> {
  const { tsker } = await daemon;
  const { code, stderr } = await tsker.run(['--show-api', ...words]);
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${stderr}`);
  return stderr.split('\n').filter((line) => line.startsWith('curl '));
}

/** Runs a line as it stands; what the daemon answered. */
const again = (line: string): Promise<string> => ok(['sh', '-c', line]);

check('the lines of a life, one by one, are that life again', async (t) => {
  const { tsker } = await daemon;
  const [create = ''] = await shown(
    'create',
    '--name',
    'lived',
    '-e',
    "IT=it's $HOME",
    '-l',
    'a=b',
    'busybox',
    'sh',
    '-c',
    'echo "$IT"; sleep 1000',
  );
  await tsker.ok(['rm', 'lived']);
  t.is((JSON.parse(await again(create)) as { Id: string }).Id.length, 64);
  t.is(await tsker.ok(['inspect', '-f', '{{index .Config.Env 0}} {{.Config.Labels.a}}', 'lived']), "IT=it's $HOME b");
  const [start = ''] = await shown('start', 'lived');
  await tsker.ok(['kill', 'lived']);
  await again(start);
  t.is(await tsker.ok(['inspect', '-f', '{{.State.Running}}', 'lived']), 'true');
  const [list = ''] = await shown('ps', '-a', '-f', 'name=lived', '-f', 'label=a=b');
  t.regex(await again(list), /"\/lived"/);
  const [logs = ''] = (await shown('logs', 'lived')).slice(-1);
  t.true((await run(['sh', '-c', logs])).stdout.includes("it's $HOME"));
  const [remove = ''] = await shown('rm', '-f', 'lived');
  await again(create);
  await again(remove);
  t.is(await tsker.ok(['ps', '-aq']), '');
});

check('run shows each request it makes, in their order', async (t) => {
  const lines = await shown('run', '--rm', 'busybox', 'true');
  const paths = lines.map((line) => /http:\/\/tsker(\/[^?' ]*)/.exec(line)?.[1]?.replace(/[0-9a-f]{64}/, 'ID'));
  t.deepEqual(
    paths.toSorted(),
    ['/containers/ID/attach', '/containers/ID/start', '/containers/ID/wait', '/containers/create'].toSorted(),
  );
});

check('a raw stream is read by curl as well', async (t) => {
  const { tsker } = await daemon;
  await tsker.ok(['run', '-d', '--name', 'said', 'busybox', 'sh', '-c', 'echo first; exec sleep 1000']);
  const lines = await shown('exec', 'said', 'echo', 'from exec');
  const create = lines.find((line) => line.includes('/containers/'));
  const start = lines.find((line) => /\/exec\/[0-9a-f]+\/start/.test(line));
  if (create === undefined || start === undefined) return t.fail(lines.join('\n'));
  const { Id } = JSON.parse(await again(create)) as { Id: string };
  t.true((await run(['sh', '-c', start.replace(/[0-9a-f]{64}/, Id)])).stdout.includes('from exec\n'));
  await tsker.ok(['rm', '-f', 'said']);
});
