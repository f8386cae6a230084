// The engine of builds on a real daemon: what the reference engine cannot do (heredocs, mounts, stages at the same time), the
// cache and why a step was not in it, what a build leaves when it fails, is cut off or killed. Needs root.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { type Daemon, startDaemon } from '../helpers/daemon.ts';
import { openCall } from '../helpers/http.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { ok } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';
import { buildHarness } from './build.harness.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
const BASE = 'tsker/busybox';
const started = startDaemon(suite);
const { tarOf, build, succeeds } = buildHarness(suite);

/** Directories of layers, of containers and of temporary files. */
function leftovers({ root }: Daemon): readonly string[] {
  return ['containers', 'tmp'].flatMap((name) => readdirSync(join(root, name)));
}

test.before('the base is there', async () => {
  await (await started).tsker.ok(['pull', '-q', BASE]);
});

test.serial('heredocs are scripts, files and programs', async (t) => {
  const daemon = await started;
  const Dockerfile = [
    `FROM ${BASE}`,
    'ENV WHO=world',
    'RUN <<EOT',
    'echo one > /script',
    'echo two >> /script',
    'EOT',
    'RUN <<EOT',
    '#!/bin/busybox ash',
    'echo "by $0" > /program',
    'EOT',
    'COPY <<-A <<"B" /made/',
    '\thello $WHO',
    'A',
    'not $WHO',
    'B',
    'RUN cat /script /program /made/A /made/B',
    '',
  ].join('\n');
  const { text } = await succeeds(daemon, { Dockerfile });
  t.regex(text, /one\ntwo\nby \/dev\/pipes\/EOT\nhello world\nnot \$WHO\n/);
});

test.serial('mounts of a RUN are there while it runs, and leave nothing in the image', async (t) => {
  const daemon = await started;
  const files = {
    'dir/a': 'from the context',
    Dockerfile: [
      `FROM ${BASE} AS other`,
      'RUN mkdir /made && echo stage > /made/s',
      `FROM ${BASE}`,
      'RUN --mount=type=bind,source=dir,target=/ctx --mount=type=bind,from=other,source=/made,target=/stage/deep cat /ctx/a /stage/deep/s',
      'RUN --mount=type=bind,source=dir,target=/ctx echo x > /ctx/a || echo read-only',
      'RUN --mount=type=bind,source=dir,target=/ctx,rw echo mine > /ctx/a && cat /ctx/a',
      'RUN --mount=type=tmpfs,target=/tmpfs,size=1m df /tmpfs | grep -c tmpfs && touch /tmpfs/gone',
      'RUN ls -d /ctx /stage /tmpfs 2>/dev/null; true',
    ].join('\n'),
  };
  const { text } = await succeeds(daemon, files);
  t.regex(text, /from the contextstage\n/);
  t.regex(text, /read-only\n/);
  t.regex(text, /mine\n/);
  t.notRegex(text.split('Step 8/8')[1] ?? 'no last step', /^\/(ctx|stage|tmpfs)$/m);
});

test.serial('a cache mount lasts from build to build, and is no part of the image', async (t) => {
  const daemon = await started;
  const Dockerfile = `FROM ${BASE}\nARG N\nRUN --mount=type=cache,target=/cache,id=shared echo $N >> /cache/log; cat /cache/log; ls /cache\nRUN test ! -e /cache`;
  const N = (n: string) => ({ buildargs: JSON.stringify({ N: n }) });
  await succeeds(daemon, { Dockerfile }, N('first'));
  const { text } = await succeeds(daemon, { Dockerfile }, N('second'));
  t.regex(text, /first\nsecond\nlog\n/);
});

test.serial(
  'stages that do not need each other run at the same time, and those that nobody needs not at all',
  async (t) => {
    const daemon = await started;
    const meet = (mine: string, other: string): string =>
      `RUN --mount=type=cache,target=/meet touch /meet/${mine}; for i in $(seq 300); do [ -e /meet/${other} ] && exit 0; sleep 0.1; done; exit 1`;
    const Dockerfile = [
      `FROM ${BASE} AS left`,
      meet('left', 'right'),
      `FROM ${BASE} AS right`,
      meet('right', 'left'),
      `FROM ${BASE} AS unneeded`,
      'RUN exit 3',
      `FROM ${BASE}`,
      'COPY --from=left /bin/sh /left',
      'COPY --from=right /bin/sh /right',
    ].join('\n');
    const { text, id } = await succeeds(daemon, { Dockerfile });
    t.notRegex(text, /unneeded/);
    const steps = [...text.matchAll(/^Step (\d+)\/7/gm)].map(([, number]) => Number(number));
    t.deepEqual(steps, [1, 2, 3, 4, 5, 6, 7]);
    t.truthy(id);
  },
);

test.serial('a step is taken from the cache unless what it is made from changed, and then it says what', async (t) => {
  const daemon = await started;
  const Dockerfile = `FROM ${BASE}\nARG V=1\nCOPY src /src\nRUN echo $V > /v\nCMD ["sh"]`;
  const files = { Dockerfile, 'src/a.c': 'a', 'src/b.c': 'b' };
  const first = await succeeds(daemon, files);
  const again = await succeeds(daemon, files);
  t.is(again.id, first.id);
  t.is(again.text.match(/---> Using cache/g)?.length, 4);
  const changed = await succeeds(daemon, { ...files, 'src/b.c': 'B', 'src/new.c': '' }, { explain: '1' });
  t.regex(changed.text, /Not from the cache: file b\.c changed, file new\.c is new\n/);
  const argument = await succeeds(daemon, files, { explain: '1', buildargs: '{"V":"2"}' });
  t.regex(argument.text, /Not from the cache: argument V changed\n/);
  t.regex(argument.text, /Step +Time +Size +Instruction\n/);
  const fresh = await succeeds(daemon, files, { nocache: '1', steps: '1' });
  t.notRegex(fresh.text, /Using cache/);
  t.true(fresh.messages.some(({ step }) => step?.state === 'done' && step.reason === 'the cache is not used'));
});

test.serial('the same sources and SOURCE_DATE_EPOCH give the same image, whenever it is built', async (t) => {
  const daemon = await started;
  const Dockerfile = `FROM ${BASE}\nRUN mkdir -p /made/deep && date > /dev/null && echo x > /made/deep/f && ln -s f /made/l\nCOPY a /copied/\nWORKDIR /work/here`;
  const query = { nocache: '1', buildargs: '{"SOURCE_DATE_EPOCH":"1600000000"}' };
  const [first, second] = [
    await succeeds(daemon, { Dockerfile, a: 'a' }, query),
    await succeeds(daemon, { Dockerfile, a: 'a' }, query),
  ];
  t.is(first.id, second.id);
  const { Created } = JSON.parse(await daemon.tsker.ok(['inspect', '--format', '{{json .}}', first.id ?? ''])) as {
    Created: string;
  };
  t.is(Created, '2020-09-13T12:26:40Z');
});

test.serial('--squash puts all that came after the base into one layer', async (t) => {
  const daemon = await started;
  const Dockerfile = `FROM ${BASE}\nRUN echo 1 > /one && echo secret > /gone\nRUN rm /gone /etc/hostname; echo 2 > /two\nENV A=b`;
  const { id = '' } = await succeeds(daemon, { Dockerfile }, { squash: '1' });
  const image = JSON.parse(await daemon.tsker.ok(['inspect', '--format', '{{json .}}', id])) as {
    RootFS: { Layers: string[] };
  };
  t.is(image.RootFS.Layers.length, 2);
  const listed = await daemon.tsker.ok(['run', '--rm', id, 'sh', '-c', 'cat /one /two; ls /gone 2>&1; echo $A']);
  t.regex(listed, /^1\n2\n.*No such file[^\n]*\nb$/);
});

test.serial('a command that fails ends the build with its code, and leaves no container', async (t) => {
  const daemon = await started;
  const { error, text } = await build(
    daemon,
    { Dockerfile: `FROM ${BASE}\nRUN echo before && exit 7\nRUN echo never` },
    { forcerm: '1' },
  );
  t.is(error?.error, "The command '/bin/sh -c echo before && exit 7' returned a non-zero code: 7");
  t.is(error?.errorDetail?.code, 7);
  t.regex(text, /before\nRemoving intermediate container/);
  t.notRegex(text, /never/);
  t.deepEqual(leftovers(daemon), []);
});

const WRONG: readonly (readonly [what: string, lines: string, message: RegExp])[] = [
  [
    'a file that is not there',
    'COPY nowhere /',
    /^COPY failed: file not found in build context or excluded by \.dockerignore: stat nowhere: file does not exist/,
  ],
  [
    'a file of a stage that is not there',
    'COPY --from=0 /nowhere /',
    /^COPY failed: stat nowhere: file does not exist/,
  ],
  ['a path out of the context', 'ADD ../x /', /^ADD failed: forbidden path outside the build context: \.\.\/x \(\)/],
  ['patterns that match nothing', 'COPY *.nothing /', /^COPY failed: no source files were specified/],
  [
    'several files to one name',
    'COPY a b /c',
    /^When using COPY with more than one source file, the destination must be a directory and end with a \//,
  ],
  ['an unknown owner', 'COPY --chown=nobody-here a /', /^unable to convert uid\/gid chown string to host mapping/],
  ['a missing secret', 'RUN --mount=type=secret,id=s,required true', /^secret s: not found/],
];

for (const [what, lines, message] of WRONG) {
  test.serial(`${what} is said in Docker's words`, async (t) => {
    const first = lines.includes('--from=0') ? `FROM ${BASE}\n` : '';
    const { error } = await build(await started, { Dockerfile: `${first}FROM ${BASE}\n${lines}`, a: '', b: '' });
    t.regex(error?.error ?? '', message);
  });
}

test.serial('links of a context or an image lead nowhere but into it', async (t) => {
  const daemon = await started;
  const files = {
    Dockerfile: [
      `FROM ${BASE} AS evil`,
      `RUN ln -s ../../../../../..${import.meta.filename} /host && mkdir /d && ln -s /etc/shadow /d/s`,
      `FROM ${BASE}`,
      'RUN ln -s ../../../../../../../../tmp/escaped /out && mkdir -p /tmp/escaped',
      'COPY a /out/',
      'COPY --from=evil /d /d',
      'RUN ls /tmp/escaped && readlink /d/s',
    ].join('\n'),
    a: 'a',
  };
  const { text } = await succeeds(daemon, files);
  t.regex(text, /\na\n\/etc\/shadow\n/);
  t.false(existsSync('/tmp/escaped/a'));
  const { error } = await build(daemon, { ...files, Dockerfile: `${files.Dockerfile}\nCOPY --from=evil /host /x` });
  t.regex(error?.error ?? '', /file does not exist/);
});

test.serial('ADD unpacks what is an archive, however it is compressed, and fetches from addresses', async (t) => {
  const daemon = await started;
  const root = tempdir(t, 'archives');
  mkdirSync(join(root, 'in'));
  writeFileSync(join(root, 'in/file'), 'content');
  for (const [flag, name] of [
    ['-cz', 'a.tgz'],
    ['-cJ', 'b.txz'],
    ['-cj', 'c.tbz'],
    ['-c', 'd.tar'],
  ] as const) {
    await ok(['tar', `${flag}f`, name, 'in'], { cwd: root });
  }
  const server = createServer((_request, response) => response.end('downloaded'));
  server.listen(0, '127.0.0.1');
  t.teardown(() => void server.close());
  await waitFor('the server listens', () => server.listening);
  const { port } = server.address() as AddressInfo;
  const digest = `sha256:${createHash('sha256').update('downloaded').digest('hex')}`;
  const url = `http://127.0.0.1:${port}/some/name.bin`;
  const lines = [
    `FROM ${BASE}`,
    ...['a.tgz', 'b.txz', 'c.tbz', 'd.tar'].map((name) => `ADD ${name} /${name}/`),
    `ADD --checksum=${digest} ${url} /down/`,
    'RUN cat /a.tgz/in/file /b.txz/in/file /c.tbz/in/file /d.tar/in/file /down/name.bin && ls -l /down/name.bin',
  ];
  writeFileSync(join(root, 'Dockerfile'), lines.join('\n'));
  const printed = await daemon.tsker.ok(['build', '--progress', 'plain', '-t', 'added', root]);
  t.truthy(printed);
  const said = await daemon.tsker.ok([
    'run',
    '--rm',
    'added',
    'sh',
    '-c',
    'cat /*/in/file /down/name.bin; stat -c %a /down/name.bin',
  ]);
  t.is(said, `${'content'.repeat(4)}downloaded600`);
  writeFileSync(join(root, 'Dockerfile'), `FROM ${BASE}\nADD --checksum=sha256:${'0'.repeat(64)} ${url} /`);
  const refused = await daemon.tsker.run(['build', root]);
  t.regex(refused.stdout + refused.stderr, /digest mismatch sha256:/);
});

test.serial('with the vfs driver, where a layer is a copy, the images are the same', async (t) => {
  const daemon = await startDaemon(t, { args: ['--storage-driver', 'vfs'] });
  await daemon.tsker.ok(['pull', '-q', BASE]);
  const Dockerfile = `FROM ${BASE} AS a\nRUN mkdir /d && echo 1 > /d/x && rm /bin/sh.nothing 2>/dev/null; true\nFROM ${BASE}\nCOPY --from=a /d /d\nCOPY a /d/\nRUN cat /d/x /d/a`;
  const { text } = await succeeds(daemon, { Dockerfile, a: 'of the context' });
  t.regex(text, /1\nof the context/);
  t.deepEqual(leftovers(daemon), []);
});

test.serial('a client that goes away ends the command, and nothing is left', async (t) => {
  const daemon = await started;
  const body = await tarOf({ Dockerfile: `FROM ${BASE}\nRUN echo up && sleep 300` });
  const response = await openCall({ target: daemon.socket, method: 'POST', path: '/v1.41/build?rm=1', body });
  for await (const chunk of response) if (String(chunk).includes('"up\\n"')) break;
  response.destroy();
  await waitFor('the build is gone', () => leftovers(daemon).length === 0);
  t.deepEqual(leftovers(daemon), []);
});

test.serial('a daemon that is killed in a build leaves nothing of it', async (t) => {
  const daemon = await startDaemon(t);
  await daemon.tsker.ok(['pull', '-q', BASE]);
  const body = await tarOf({ Dockerfile: `FROM ${BASE}\nRUN echo done > /done\nRUN echo up && sleep 300` });
  const response = await openCall({ target: daemon.socket, method: 'POST', path: '/v1.41/build?rm=1', body });
  for await (const chunk of response) if (String(chunk).includes('"up\\n"')) break;
  const layers = (): number => readdirSync(join(daemon.root, 'overlay')).length;
  const during = layers();
  await daemon.kill();
  response.destroy();
  await daemon.start();
  t.deepEqual(leftovers(daemon), []);
  t.is(layers(), during - 1);
  // The step that was done is in the cache.
  const { text } = await build(daemon, { Dockerfile: `FROM ${BASE}\nRUN echo done > /done` });
  t.regex(text, /Using cache/);
});

test.serial('builder prune gives the cache back, and the layers that nothing else needs', async (t) => {
  const daemon = await started;
  const { id = '' } = await succeeds(daemon, { Dockerfile: `FROM ${BASE}\nRUN echo pruned > /p` });
  await daemon.tsker.ok(['rmi', '-f', id]);
  const before = readdirSync(join(daemon.root, 'overlay')).length;
  const answer = await daemon.api('POST', '/v1.41/build/prune?all=1');
  const { CachesDeleted, SpaceReclaimed } = answer.json<{ CachesDeleted: string[]; SpaceReclaimed: number }>();
  t.true(CachesDeleted.length > 0 && SpaceReclaimed > 0);
  t.true(readdirSync(join(daemon.root, 'overlay')).length < before);
});
