// The routes over a backend that writes down what it is asked, through a real HTTP server.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import express, { type NextFunction, type Request, type Response } from 'express';
import type { ImageBackend, StreamOptions } from '../../../../src/api/image/backend.ts';
import { parseRegistryAuth, parseRegistryConfig } from '../../../../src/api/image/registry-auth.ts';
import { imageRoutes } from '../../../../src/api/image/routes.ts';
import { TskerError } from '../../../../src/util/errors.ts';
import { type Answer, call, openCall } from '../../../helpers/http.ts';

type Stream = (options: StreamOptions) => Promise<void>;

interface Served {
  readonly url: string;
  readonly asked: unknown[][];
  stream: Stream;
}

async function serve(t: ExecutionContext): Promise<Served> {
  const asked: unknown[][] = [];
  const served: Served = { url: '', asked, stream: async ({ emit }) => emit({ status: 'done' }) };
  const answer = <T>(value: T, ...request: unknown[]): T => {
    asked.push(request);
    return value;
  };
  const stream = (options: StreamOptions, ...request: unknown[]): Promise<void> => {
    asked.push(request);
    return served.stream(options);
  };
  const backend: ImageBackend = {
    list: (request) => answer([], 'list', request),
    inspect: (...asked) => answer({} as never, 'inspect', ...asked.filter((part) => part !== undefined)),
    history: (...asked) => answer([], 'history', ...asked.filter((part) => part !== undefined)),
    pull: (request, options) => stream(options, 'pull', request),
    push: (request, options) => stream(options, 'push', request),
    load: (request, options) => stream(options, 'load', request.quiet),
    importImage: ({ body: _, ...request }, options) => stream(options, 'import', request),
    save: async (request) => {
      asked.push(['save', request]);
      return (async function* () {
        yield Buffer.from('archive');
      })();
    },
    prune: async (filters) => answer({ ImagesDeleted: null, SpaceReclaimed: 0 }, 'prune', [...filters]),
    tag: async (name, target) => answer(undefined, 'tag', name, target),
    remove: async (request) => answer([{ Untagged: 'x' }], 'remove', request),
  };
  const app = express();
  app.use(imageRoutes(backend));
  app.use((error: TskerError, _request: Request, response: Response, _next: NextFunction) => {
    response.status(error.status).json({ message: error.message });
  });
  const server: Server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => void server.close());
  return Object.assign(served, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

function ask({ url }: Served, method: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return call({ target: url, method, path, headers });
}

/** As clients of API 1.48 and later write linux/arm/v7. */
const ARM = encodeURIComponent(JSON.stringify({ architecture: 'arm', os: 'linux', variant: 'v7' }));
const DIGEST = `sha256:${'a'.repeat(64)}`;

for (const [method, path, expected] of [
  ['GET', '/images/busybox/json', ['inspect', 'busybox']],
  ['GET', '/images/127.0.0.1:5000/a/b:tag/json', ['inspect', '127.0.0.1:5000/a/b:tag']],
  ['GET', '/images/a%2Fb%3Atag/json', ['inspect', 'a/b:tag']],
  ['GET', `/images/a/b@${DIGEST}/json`, ['inspect', `a/b@${DIGEST}`]],
  ['GET', '/images/json/json', ['inspect', 'json']],
  ['GET', '/images/a/b/history', ['history', 'a/b']],
  ['DELETE', '/images/a/b:1', ['remove', { name: 'a/b:1', force: false, prune: true }]],
  ['DELETE', '/images/a?force=1&noprune=true', ['remove', { name: 'a', force: true, prune: false }]],
  ['POST', '/images/a/b/tag?repo=c/d&tag=e', ['tag', 'a/b', { repo: 'c/d', tag: 'e' }]],
  ['GET', '/images/json', ['list', { all: false, sharedSize: false, filters: new Map() }]],
  ['GET', '/images/json?all=1&shared-size=true', ['list', { all: true, sharedSize: true, filters: new Map() }]],
  ['POST', '/images/load?quiet=1', ['load', true]],
  ['GET', `/images/a/json?platform=${ARM}`, ['inspect', 'a', 'linux/arm/v7']],
  ['GET', `/images/a/history?platform=${ARM}`, ['history', 'a', 'linux/arm/v7']],
  ['GET', `/images/get?names=a&names=b&platform=${ARM}`, ['save', { names: ['a', 'b'], platform: 'linux/arm/v7' }]],
  ['GET', '/images/a/b/get', ['save', { names: ['a/b'], platform: undefined }]],
  [
    'POST',
    `/images/a/push?tag=t&platform=${ARM}`,
    ['push', { name: 'a', tag: 't', platform: 'linux/arm/v7', auth: undefined }],
  ],
] as const) {
  test(`${method} ${path} reaches ${expected[0]}`, async (t) => {
    const served = await serve(t);
    const answer = await ask(served, method, path);
    t.true(answer.status < 300, answer.text);
    t.deepEqual(served.asked, [[...expected]]);
  });
}

test('a pull takes its credentials from the header', async (t) => {
  const served = await serve(t);
  const auth = { username: 'u', password: 'p', serveraddress: 'x' };
  const header = Buffer.from(JSON.stringify(auth)).toString('base64url');
  const answer = await ask(served, 'POST', '/images/create?fromImage=a/b&tag=c&platform=linux/arm64', {
    'x-registry-auth': header,
  });
  t.is(answer.text, '{"status":"done"}\r\n');
  t.regex(answer.headers['content-type'] ?? '', /^application\/json/);
  t.deepEqual(served.asked, [['pull', { name: 'a/b', tag: 'c', platform: 'linux/arm64', auth }]]);
});

test('an import takes every change', async (t) => {
  const served = await serve(t);
  await ask(served, 'POST', '/images/create?fromSrc=-&repo=r&tag=t&message=m&changes=CMD%20a&changes=ENV%20b=c');
  const request = {
    source: '-',
    name: 'r',
    tag: 't',
    message: 'm',
    changes: ['CMD a', 'ENV b=c'],
    platform: undefined,
  };
  t.deepEqual(served.asked, [['import', request]]);
});

test('what fails before the first message is a status, after it a line of the stream', async (t) => {
  const served = await serve(t);
  served.stream = () => Promise.reject(new TskerError('not_found', 'no such thing'));
  const early = await ask(served, 'POST', '/images/create?fromImage=a');
  t.deepEqual([early.status, early.json()], [404, { message: 'no such thing' }]);
  served.stream = async ({ emit }) => {
    emit({ status: 'begun' });
    throw new TskerError('corrupt', 'wrong digest');
  };
  const late = await ask(served, 'POST', '/images/create?fromImage=a');
  t.is(late.status, 200);
  t.deepEqual(
    late.text
      .trim()
      .split('\r\n')
      .map((line) => JSON.parse(line)),
    [{ status: 'begun' }, { errorDetail: { message: 'wrong digest' }, error: 'wrong digest' }],
  );
});

test('a client that hangs up cancels the pull', async (t) => {
  const served = await serve(t);
  const cancelled = Promise.withResolvers<void>();
  served.stream = async ({ emit, signal }) => {
    emit({ status: 'begun' });
    signal.addEventListener('abort', () => cancelled.resolve());
    await cancelled.promise;
  };
  const response = await openCall({ target: served.url, method: 'POST', path: '/images/create?fromImage=a' });
  response.once('data', () => response.destroy());
  await cancelled.promise;
  t.pass();
});

test('create without a source and tag without a name are refused', async (t) => {
  const served = await serve(t);
  t.is((await ask(served, 'POST', '/images/create')).status, 400);
  t.is((await ask(served, 'POST', '/images/a/tag')).status, 400);
});

test('both spellings of filters are read, and unknown ones are refused', async (t) => {
  const served = await serve(t);
  const list = (filters: string) => ask(served, 'GET', `/images/json?filters=${encodeURIComponent(filters)}`);
  await list('{"label":["a=b"]}');
  await list('{"label":{"a=b":true}}');
  const request = { all: false, sharedSize: false, filters: new Map([['label', ['a=b']]]) };
  t.deepEqual(served.asked, [
    ['list', request],
    ['list', request],
  ]);
  for (const filters of ['{', '[]', '5', '{"color":["x"]}']) t.is((await list(filters)).status, 400, filters);
});

test('a credentials header that cannot be read counts as none', (t) => {
  t.is(parseRegistryAuth(undefined), undefined);
  t.is(parseRegistryAuth('!!!'), undefined);
  t.deepEqual(parseRegistryAuth(Buffer.from('{"username":"u","password":5}').toString('base64')), { username: 'u' });
});

for (const [platform, message] of [
  ['linux/arm64', /^failed to parse platform: /],
  ['[]', /^failed to parse platform: it is no JSON object$/],
  ['{"os":1}', /^failed to parse platform: os is no string$/],
  ['{"os":"linux"}', /^both OS and Architecture must be provided$/],
  ['{"variant":"v7"}', /^optional platform fields provided, but OS and Architecture are missing$/],
] as const) {
  test(`the platform ${platform} is refused`, async (t) => {
    const served = await serve(t);
    const answer = await ask(served, 'GET', `/images/get?names=a&platform=${encodeURIComponent(platform)}`);
    t.is(answer.status, 400);
    t.regex((answer.json() as { message: string }).message, message);
  });
}

test('X-Registry-Config holds the credentials of several registries', (t) => {
  const config = {
    'localhost:5000': { username: 'u', password: 'p', extra: 1 },
    'https://index.docker.io/v1/': { auth: 'x' },
  };
  const header = Buffer.from(JSON.stringify(config)).toString('base64url');
  t.deepEqual(
    [...parseRegistryConfig(header)],
    [
      ['localhost:5000', { username: 'u', password: 'p' }],
      ['https://index.docker.io/v1/', { auth: 'x' }],
    ],
  );
  t.deepEqual([...parseRegistryConfig(undefined), ...parseRegistryConfig('nonsense')], []);
});
