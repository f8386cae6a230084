// Requests no client would send: each gets an answer that is the sender's fault (4xx) or says what is missing, none shows
// the engine's inside, and the engine goes on as it was. Needs root.
import { connect } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { type Daemon, startDaemon } from '../helpers/daemon.ts';
import { type Answer, call } from '../helpers/http.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { type EngineState, engineState, leftSince, openDescriptors } from '../helpers/residue.ts';
import { waitFor } from '../helpers/wait.ts';

const suite = suiteOwner(test);
const IMAGE = 'tsker/busybox';
let daemon: Daemon;
let clean: EngineState;

test.before(async () => {
  daemon = await startDaemon(suite);
  await daemon.tsker.ok(['pull', IMAGE]);
  await daemon.tsker.ok(['run', '-d', '--name', 'bystander', IMAGE, 'sleep', '1000']);
  clean = await engineState(daemon);
});

test.afterEach.always('the engine is as it was', async (t) => {
  t.is((await daemon.api('GET', '/_ping')).text, 'OK');
  t.deepEqual(await leftSince(daemon, clean), []);
});

const json = { 'content-type': 'application/json' };

/** An engine that refuses a body before it has come closes the connection, and the rest cannot be sent. */
function send(method: string, path: string, body?: string): Promise<Answer> {
  const answer = call({ target: daemon.socket, method, path, body, headers: body === undefined ? {} : json });
  return answer.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') throw error;
    return { status: 413, headers: {}, text: '', bytes: Buffer.alloc(0), json: () => JSON.parse('null') };
  });
}

/** What is wrong with an answer. 501 names what is missing, 503 is for what is out of reach. */
function offencesOf(what: string, { status, text }: Answer): string[] {
  const civil = status < 500 || status === 501 || status === 503;
  const inside = /\bat .*\.(ts|js):|node:internal|\[object|TypeError|RangeError|Sqlite|\bundefined\b/.test(text);
  return civil && !inside ? [] : [`${what}: ${status} ${text.slice(0, 200)}`];
}

function assertCivil(t: ExecutionContext, what: string, answer: Answer): void {
  t.deepEqual(offencesOf(what, answer), []);
}

const NAMES = [
  'nosuch',
  '..',
  '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  'a%00b',
  '%',
  '%zz',
  'a'.repeat(8000),
  '%F0%9F%98%80',
  "'%20OR%201=1--",
  '%25s%25n',
  '__proto__',
];

const CONTAINER_ROUTES = [
  ...['json', 'top', 'logs?stdout=1', 'changes', 'export', 'stats?stream=0', 'archive?path=/'].map(
    (path) => `GET ${path}`,
  ),
  ...['start', 'stop', 'restart', 'kill', 'pause', 'unpause', 'wait', 'attach?stream=1', 'exec', 'update'].map(
    (path) => `POST ${path}`,
  ),
  ...['rename?name=x', 'resize?h=1&w=1'].map((path) => `POST ${path}`),
];

test.serial('names that are none', async (t) => {
  for (const name of NAMES) {
    const routes = [
      ...CONTAINER_ROUTES.map((route) => route.replace(' ', ` /containers/${name}/`)),
      ...[`DELETE /containers/${name}`, `GET /images/${name}/json`, `DELETE /images/${name}`, `GET /networks/${name}`],
      ...[`GET /exec/${name}/json`, `POST /exec/${name}/start`, `GET /images/${name}/history`, `GET /volumes/${name}`],
    ];
    for (const route of routes) {
      const [method = '', path = ''] = route.split(' ');
      assertCivil(t, route.slice(0, 100), await send(method, path));
    }
  }
});

const QUERIES = [
  ...['filters=x', 'filters=[]', 'filters={"a":1}', 'filters={"label":"x"}', 'filters={"status":["x"]}'],
  ...[
    'filters={"__proto__":["x"]}',
    `filters=${'x'.repeat(7000)}`,
    'limit=-1',
    'limit=x',
    'all=maybe',
    'before=nosuch',
  ],
  ...['since=x', 'since=99999999999999999999', 'until=-1', 'size=1&limit=1e9'],
];

test.serial('queries that are none', async (t) => {
  for (const query of QUERIES.map((text) => encodeURI(text))) {
    for (const path of [
      '/containers/json?',
      '/images/json?',
      '/events?until=1&',
      '/containers/bystander/logs?stdout=1&',
    ]) {
      assertCivil(t, path + query.slice(0, 80), await send('GET', path + query));
    }
  }
  const posts = ['kill?signal=NOSUCH', 'kill?signal=0', 'kill?signal=-9', 'kill?signal=99', 'kill?signal=9%00'];
  const sizes = ['resize?h=x&w=1', 'resize?h=-1&w=-1', 'resize?h=99999&w=99999', 'resize?h=1e9&w=1'];
  for (const path of [...posts, ...sizes, 'wait?condition=nosuch', 'rename', 'rename?name=a/b']) {
    const answer = await send('POST', `/containers/bystander/${path}`);
    assertCivil(t, path, answer);
    t.true(answer.status >= 400, path);
  }
  t.is(await daemon.tsker.ok(['inspect', '-f', '{{.State.Running}} {{.Name}}', 'bystander']), 'true /bystander');
});

const IMAGE_QUERIES = [
  ...['fromImage=', 'fromImage=A', 'fromImage=a%00b', `fromImage=${IMAGE}&tag=a:b`, 'fromImage=../../x'],
  ...['fromSrc=file:///etc/passwd', 'fromSrc=http://127.0.0.1:1/x', `fromImage=${IMAGE}&platform=x/y/z/w`],
  `fromImage=${'a'.repeat(5000)}`,
];

test.serial('images that are none', async (t) => {
  for (const query of IMAGE_QUERIES) {
    const answer = await send('POST', `/images/create?${query}`);
    assertCivil(t, query, answer);
    t.true(answer.status >= 400 || answer.text.includes('errorDetail'), query);
  }
});

const create = (fields: string): string => `{"Image":"${IMAGE}","Cmd":["true"],${fields}}`;

const BODIES = [
  ...['', '{', '[]', 'null', '"x"', '1', 'true', '{"Image":1}', '{"Image":null}', '{"Image":["a"]}'],
  ...['{"__proto__":{"Image":"x"}}', '['.repeat(20_000), '{"a":'.repeat(5000), `{"Image":"${'a'.repeat(2_000_000)}"}`],
  ...['"Cmd":1', '"Cmd":[1]', '"Cmd":[null]', '"Cmd":["a\\u0000b"]', '"Env":"x"', '"Env":[1]'].map(create),
  ...['"Env":["A\\u0000=b"]', '"HostConfig":1', '"Labels":[]', '"Labels":{"a":1}', '"StopSignal":"NOSUCH"'].map(create),
  ...['"StopTimeout":"x"', '"WorkingDir":"../x"', '"WorkingDir":"/a\\u0000b"', '"User":"99999999999"'].map(create),
  ...['"User":"../../etc"', `"Hostname":"${'a'.repeat(300)}"`, '"Hostname":"a\\nb"', '"Volumes":{"rel":{}}'].map(
    create,
  ),
  ...[
    ...[
      '"Binds":1',
      '"Binds":[1]',
      '"Binds":["a\\u0000:/b"]',
      '"Binds":["/a\\u0000:/b"]',
      '"Memory":"x"',
      '"Memory":-5',
    ],
    ...['"Memory":1e400', '"NanoCpus":-1', '"NanoCpus":1', '"Devices":[{}]', '"Devices":[1]', '"Tmpfs":{"/x":1}'],
    ...[
      '"Ulimits":[{"Name":"nofile","Soft":"x"}]',
      '"Sysctls":{"a/../b":"1"}',
      '"Mounts":[{"Type":"bind"}]',
      '"Mounts":[1]',
    ],
    ...['"RestartPolicy":{"Name":5}', '"NetworkMode":5', '"CgroupParent":"../../x"', '"LogConfig":{"Type":5}'],
    ...['"ExtraHosts":["a\\nb:1.2.3.4"]', '"Dns":["1.2.3"]', '"Dns":["x\\ny"]', '"SecurityOpt":["seccomp={"]'],
    ...['"CapAdd":["NOSUCH"]', '"ShmSize":-1', '"PidMode":"nosuch"', '"BlkioWeight":5', '"OomScoreAdj":5000'],
  ].map((field) => create(`"HostConfig":{${field}}`)),
];

test.serial('containers that cannot be', async (t) => {
  t.timeout(120_000);
  const offences: string[] = [];
  for (const body of BODIES) {
    const what = body.slice(0, 160);
    const created = await send('POST', '/containers/create', body);
    offences.push(...offencesOf(what, created));
    if (created.status !== 201) continue;
    // What is seen only when it is started is said then.
    const { Id } = created.json<{ Id: string }>();
    const started = await send('POST', `/containers/${Id}/start`);
    offences.push(...offencesOf(`start of ${what}`, started));
    if (started.status < 400) offences.push(`it started: ${what}`);
    await send('DELETE', `/containers/${Id}?force=1`);
  }
  t.deepEqual(offences, []);
});

test.serial('bodies that other routes do not expect', async (t) => {
  const paths = ['bystander/exec', 'bystander/update', 'prune', 'bystander/start', 'bystander/archive?path=/tmp'];
  for (const body of BODIES.slice(0, 14)) {
    for (const path of paths) {
      const method = path.includes('archive') ? 'PUT' : 'POST';
      assertCivil(t, `${path} ${body.slice(0, 80)}`, await send(method, `/containers/${path}`, body));
    }
  }
});

const RAW = [
  'GET\r\n\r\n',
  '\0\0\0\0\r\n\r\n',
  'GET /_ping HTTP/9.9\r\n\r\n',
  `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  `GET /_ping HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(20_000)}\r\n`,
  'POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{',
  'POST /containers/create HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  'GET /containers/bystander/logs?stdout=1&follow=1 HTTP/1.1\r\nHost: x\r\n\r\n',
  'POST /images/load HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
];

test.serial('connections that break in the middle of what is no HTTP', async (t) => {
  const before = openDescriptors(daemon.pid);
  for (const bytes of RAW) {
    const socket = connect(daemon.socket);
    const heard: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => heard.push(chunk)).on('error', () => undefined);
    socket.write(bytes);
    await Promise.race([
      new Promise((resolve) => socket.on('close', resolve)),
      new Promise((done) => setTimeout(done, 300)),
    ]);
    socket.destroy();
    t.notRegex(Buffer.concat(heard).toString(), /node:internal|TypeError/);
  }
  await waitFor('their descriptors to be closed', () => openDescriptors(daemon.pid) <= before);
  t.true(await daemon.tsker.ok(['ps', '-q']).then((text) => text !== ''));
});
