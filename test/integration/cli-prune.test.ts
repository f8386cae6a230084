// system prune takes what nobody uses, of every kind, asks first, and says what it took. Needs: root.
import anyTest, { type TestFn } from 'ava';
import { suiteOwner } from '../helpers/owner.ts';
import { create, start, startWithBusybox } from './daemon.harness.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
const daemon = startWithBusybox(suite);

test.serial('it asks, says what about, and a no is a no', async (t) => {
  const { tsker } = await daemon;
  const asked = await tsker.run(['system', 'prune', '--filter', 'label=a'], { input: 'n\n' });
  t.is(asked.code, 0);
  t.regex(asked.stdout, /^WARNING! This will remove:\n {2}- all stopped containers\n {2}- all networks not used/);
  t.regex(
    asked.stdout,
    /- all dangling images\n {2}- unused build cache\n\n {2}Items to be pruned will be filtered with:\n {2}- label=a\n/,
  );
  t.regex(asked.stdout, /Are you sure you want to continue\? \[y\/N\] $/);
});

test.serial('what is in use stays, all else goes', async (t) => {
  const engine = await daemon;
  const { tsker } = engine;
  const gone = await create(engine, { Cmd: ['true'], Volumes: { '/anonymous': {} } }, 'gone');
  await start(engine, { Cmd: ['sleep', '1000'] }, 'stays');
  await tsker.ok(['network', 'create', 'unused']);
  await tsker.ok(['volume', 'create', 'named']);
  await tsker.ok(['tag', 'busybox', 'unused:1']);
  await tsker.ok(['image', 'prune', '-f']);
  const pruned = await tsker.ok(['system', 'prune', '-f', '--volumes']);
  t.regex(
    pruned,
    new RegExp(`^Deleted Containers:\n${gone}\n\nDeleted Networks:\nunused\n\nDeleted Volumes:\n[0-9a-f]{64}\n\n`),
  );
  t.regex(pruned, /\nTotal reclaimed space: \d/);
  t.is(await tsker.ok(['ps', '-a', '--format', '{{.Names}}']), 'stays');
  t.is(await tsker.ok(['volume', 'ls', '-q']), 'named');
  t.true((await tsker.ok(['images', '-q', 'unused'])) !== '', 'a tagged image is not dangling');
  await tsker.ok(['rm', '-f', 'stays']);
  t.regex(await tsker.ok(['system', 'prune', '-af']), /Deleted Images:\nuntagged: /);
  t.is(await tsker.ok(['images', '-q']), '');
});

test.serial('an age is none of volumes', async (t) => {
  const { tsker } = await daemon;
  const refused = await tsker.run(['system', 'prune', '-f', '--volumes', '--filter', 'until=1h']);
  t.is(refused.code, 125);
  t.regex(refused.stderr, /the "until" filter is not supported with "--volumes"/);
});
