// Authorization plugins: what they are told, what becomes of requests and answers they say no to, and that everything else
// goes through as before. Needs root.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { InfoResponse } from '../../src/types/system.ts';
import { authorizer, type Rule } from '../fixtures/plugins/authorizer.ts';
import { type Fields, type ServedPlugin, servePlugin } from '../fixtures/plugins/serve.ts';
import { type Daemon, startDaemon } from '../helpers/daemon.ts';
import { call } from '../helpers/http.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';
import { create, runToEnd, startWithBusybox } from './daemon.harness.ts';
import { messageOf } from './volume.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
let first: ServedPlugin;
let second: ServedPlugin;

const bodyOf = (question: Fields, name: string): string =>
  Buffer.from(String(question[name] ?? ''), 'base64').toString();
const isFor = (path: string) => (question: Fields) => String(question['RequestUri']).includes(path);

const FIRST: readonly Rule[] = [
  {
    when: 'request',
    test: (question) => /"Privileged":true/.test(bodyOf(question, 'RequestBody')),
    message: 'too much',
  },
  { when: 'answer', test: isFor('/volumes/create'), message: 'nobody hears of volumes' },
];
const SECOND: readonly Rule[] = [
  { when: 'request', test: isFor('/secret'), message: 'not here' },
  { when: 'request', test: isFor('/images/prune'), message: 'second' },
];

test.before(async () => {
  const directory = tempdir(suite, 'plugins');
  const serve = (name: string, rules: readonly Rule[]) =>
    servePlugin(suite, { kinds: ['authz'], methods: authorizer(rules), path: join(directory, `${name}.sock`) });
  first = await serve('first', FIRST);
  second = await serve('second', SECOND);
  const asked = ['--authorization-plugin', 'first', '--authorization-plugin', 'second'];
  daemon = await startWithBusybox(suite, {
    args: ['--bridge', 'none', '--plugin-dir', directory, '--plugin-timeout', '1', ...asked],
  });
});

const questions = (served: ServedPlugin, method: string, path: string): Fields[] =>
  served.calls.filter((one) => one.method === `AuthZPlugin.${method}` && isFor(path)(one.body)).map(({ body }) => body);

test.serial('a request that a plugin says no to is refused in its words, and has no effect', async (t) => {
  const body = { Image: 'busybox', HostConfig: { Privileged: true } };
  const answer = await daemon.api('POST', '/v1.43/containers/create?name=denied', body);
  t.is(answer.status, 403);
  t.is(messageOf(answer.text), 'authorization denied by plugin first: too much');
  t.is((await daemon.api('GET', '/containers/denied/json')).status, 404);
  t.deepEqual(questions(second, 'AuthZReq', 'name=denied'), [], 'the first that says no decides');
  const later = await daemon.api('POST', '/images/prune');
  t.is(messageOf(later.text), 'authorization denied by plugin second: second');
});

test.serial('an answer that a plugin says no to is not given', async (t) => {
  const answer = await daemon.api('POST', '/volumes/create', { Name: 'made' });
  t.is(answer.status, 403);
  t.is(messageOf(answer.text), 'authorization denied by plugin first: nobody hears of volumes');
  t.is((await daemon.api('GET', '/volumes/made')).status, 200, 'the request had been allowed');
});

test.serial('plugins are told method, URI, headers and JSON bodies, and no secrets', async (t) => {
  const headers = { 'X-Registry-Auth': 'c2VjcmV0', Authorization: 'Basic c2VjcmV0', 'X-Other': 'seen' };
  await call({ target: daemon.socket, method: 'GET', path: '/v1.43/info?told=1', headers });
  const [request] = questions(first, 'AuthZReq', 'told=1');
  t.like(request, { RequestMethod: 'GET', RequestUri: '/v1.43/info?told=1' });
  const told = request?.['RequestHeaders'] as Record<string, string>;
  t.is(told['X-Other'], 'seen');
  t.false(Object.keys(told).some((name) => /authorization|x-registry-auth/i.test(name)));
  const [answer] = questions(first, 'AuthZRes', 'told=1');
  t.is(answer?.['ResponseStatusCode'], 200);
  t.regex(bodyOf(answer ?? {}, 'ResponseBody'), /"ServerVersion"/);
  t.deepEqual(JSON.parse(bodyOf(answer ?? {}, 'ResponseBody')).Plugins.Authorization, ['first', 'second']);

  await daemon.api('POST', '/auth', { username: 'u', password: 'hidden', serveraddress: '127.0.0.1:1' });
  t.deepEqual(
    questions(first, 'AuthZReq', '/auth').map((question) => question['RequestBody']),
    [undefined],
  );
});

test.serial('a JSON body of more than a megabyte is refused: nobody could say what is in it', async (t) => {
  const body = { Image: 'busybox', Labels: { large: 'x'.repeat(1024 * 1024) } };
  const answer = await daemon.api('POST', '/containers/create', body);
  t.is(answer.status, 400);
  t.regex(messageOf(answer.text), /larger than 1048576 bytes/);
  const fits = await daemon.api('POST', '/containers/create', { ...body, Labels: { large: 'x'.repeat(1_000_000) } });
  t.is(fits.status, 201);
});

test.serial(
  'everything else goes through as before: containers, streams, attached connections, archives',
  async (t) => {
    const { id, code } = await runToEnd(daemon, { Cmd: ['sh', '-c', 'exit 3'] });
    t.is(code, 3);
    const { tsker } = daemon;
    t.is(await tsker.ok(['run', '--rm', '-i', 'busybox', 'cat'], { input: Buffer.from('through\n') }), 'through');
    t.is(await daemon.docker().ok(['run', '--rm', 'busybox', 'echo', 'docker']), 'docker');
    t.regex(await tsker.ok(['cp', `${id}:/etc/passwd`, '-']), /root/);
    t.regex((await daemon.api('GET', `/containers/${id}/logs?stdout=1`)).text, /^$/);
    t.is((await daemon.api('POST', `/containers/${id}/stop`)).status, 304);
    t.is((await daemon.api('DELETE', `/containers/${id}`)).status, 204);
    t.is((await daemon.api('GET', '/nonsense')).status, 404);
    t.is((await daemon.api('GET', '/v1.1/info')).status, 400);
    const large = await daemon.api('GET', '/events?since=1&until=2');
    t.is(large.status, 200);
    t.true(questions(first, 'AuthZReq', '/attach').length > 0, 'a connection that is taken over was asked for');
    const info = (await daemon.api('GET', '/info')).json<InfoResponse>();
    t.deepEqual(info.Plugins.Authorization, ['first', 'second']);
  },
);

test('SIGHUP takes other plugins from the file: what they say no to is refused from then on, and no longer', async (t) => {
  const directory = tempdir(t, 'plugins');
  const refusal: Rule = { when: 'request', test: isFor('/volumes/create'), message: 'no volumes' };
  await servePlugin(t, { kinds: ['authz'], methods: authorizer([refusal]), path: join(directory, 'later.sock') });
  const file = join(directory, 'daemon.json');
  writeFileSync(file, '{}');
  const other = await startDaemon(t, { args: ['--bridge', 'none', '--plugin-dir', directory, '--config-file', file] });
  const asked = async () => (await other.api('GET', '/info')).json<InfoResponse>().Plugins.Authorization;
  const reload = async (plugins: readonly string[]): Promise<void> => {
    writeFileSync(file, JSON.stringify({ 'authorization-plugins': plugins }));
    process.kill(other.pid, 'SIGHUP');
    await waitFor('the new plugins', async () => (await asked())?.join() === (plugins.join() || undefined));
  };
  const make = (name: string) => other.api('POST', '/volumes/create', { Name: name });
  t.is((await make('before')).status, 201);
  t.is(await asked(), null);

  await reload(['later']);
  const refused = await make('refused');
  t.is(refused.status, 403);
  t.is(messageOf(refused.text), 'authorization denied by plugin later: no volumes');
  t.is((await other.api('GET', '/volumes/refused')).status, 404);
  t.notRegex(other.output(), /has to be restarted/);

  await reload([]);
  t.is((await make('after')).status, 201);
});

test.serial('a plugin that cannot be asked allows nothing', async (t) => {
  const id = await create(daemon, { Cmd: ['true'] });
  await second.stop();
  const answer = await daemon.api('POST', `/containers/${id}/start`);
  t.is(answer.status, 500);
  t.regex(messageOf(answer.text), /^plugin second failed with error: AuthZPlugin\.AuthZReq: /);
});
