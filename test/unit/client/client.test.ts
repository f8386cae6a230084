// The client against a socket that answers with raw bytes: what arrives, what is said when it does not.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ApiError } from '../../../src/client/api-error.ts';
import { ApiClient } from '../../../src/client/client.ts';
import { parseHost } from '../../../src/client/host.ts';
import { TskerError } from '../../../src/util/errors.ts';

/** A client of a server that hands every connection to `serve` once its request's head has arrived. */
async function clientOf(t: ExecutionContext, serve: (socket: Socket, head: string) => void): Promise<ApiClient> {
  const directory = mkdtempSync(join(tmpdir(), 'tsker-client-'));
  const path = join(directory, 's.sock');
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    let text = '';
    const collect = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (!text.includes('\r\n\r\n')) return;
      socket.off('data', collect);
      serve(socket, text);
    };
    socket.on('data', collect);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => {
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return new ApiClient({ host: parseHost(`unix://${path}`) });
}

const ok = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

test('JSON goes out and comes back', async (t) => {
  let asked = '';
  const client = await clientOf(t, (socket, head) => {
    asked = head;
    socket.end(ok('{"a":1}'));
  });
  t.deepEqual(await client.json('POST', '/x', { query: { q: 'ä' }, json: { b: 'ü' } }), { a: 1 });
  t.regex(asked, /^POST \/x\?q=%C3%A4 HTTP\/1\.1\r\nHost: tsker\r\n/);
  t.regex(asked, /\r\nContent-Type: application\/json\r\nContent-Length: 10\r\n\r\n/);
});

test('a body of unknown length is sent in chunks', async (t) => {
  let sent = '';
  const client = await clientOf(t, (socket, head) => {
    const add = (text: string): void => {
      sent += text;
      if (sent.endsWith('0\r\n\r\n')) socket.end(ok('{}'));
    };
    add(head);
    socket.on('data', (chunk) => add(chunk.toString()));
  });
  async function* body(): AsyncGenerator<Buffer> {
    yield Buffer.from('one');
    yield Buffer.alloc(0);
    yield Buffer.from('three');
  }
  await client.json('POST', '/load', { body: body() });
  t.true(sent.endsWith('\r\n\r\n3\r\none\r\n5\r\nthree\r\n0\r\n\r\n'));
});

test("the daemon's message becomes the error, with its status", async (t) => {
  const body = '{"message":"No such container: x","hint":"look at tsker ps -a"}';
  const client = await clientOf(t, (socket) => {
    socket.end(`HTTP/1.1 404 Not Found\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  });
  const error = await t.throwsAsync(client.json('GET', '/x'), { instanceOf: ApiError });
  t.like(error, { httpStatus: 404, code: 'not_found', message: 'No such container: x', hint: 'look at tsker ps -a' });
});

test('an error that is not JSON still says what it is', async (t) => {
  const client = await clientOf(t, (socket) => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n<html>\nmore'));
  await t.throwsAsync(client.json('GET', '/x'), { message: 'the daemon answered 502 Bad Gateway: <html>' });
});

test('a stream arrives as it is written, and its loss is an error', async (t) => {
  const client = await clientOf(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n');
    setTimeout(() => socket.destroy(), 50);
  });
  const { body } = await client.request('GET', '/events');
  const pieces: string[] = [];
  await t.throwsAsync(
    async () => {
      for await (const piece of body.stream()) pieces.push(String(piece));
    },
    { instanceOf: TskerError },
  );
  t.deepEqual(pieces, ['one']);
});

test('a large answer is read no faster than its reader', async (t) => {
  const size = 8 * 1024 * 1024;
  const client = await clientOf(t, (socket) => {
    socket.end(
      Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`), Buffer.alloc(size, 'x')]),
    );
  });
  const { body } = await client.request('GET', '/big');
  let seen = 0;
  for await (const piece of body.stream() as AsyncIterable<Buffer>) {
    seen += piece.length;
    if (seen < 1_000_000) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  t.is(seen, size);
});

test('a hijacked connection is a raw stream both ways, and can be closed one way', async (t) => {
  const client = await clientOf(t, (socket) => {
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nfirst ');
    let got = '';
    socket.on('data', (chunk) => {
      got += chunk;
    });
    socket.on('end', () => socket.end(`echo ${got}`));
  });
  const { head, stream } = await client.hijack('/containers/x/attach');
  t.is(head.status, 101);
  stream.end('typed');
  let text = '';
  for await (const piece of stream) text += piece;
  t.is(text, 'first echo typed');
});

test('a daemon that hangs up before its answer is an error', async (t) => {
  const client = await clientOf(t, (socket) => socket.destroy());
  await t.throwsAsync(client.json('GET', '/x'), { instanceOf: TskerError, message: /hung up|broke/ });
});

test('a daemon that is not there is named, with what to do', async (t) => {
  const client = new ApiClient({ host: parseHost('unix:///nowhere/tsker.sock') });
  const error = await t.throwsAsync(client.json('GET', '/x'), { instanceOf: TskerError });
  t.is(error?.message, 'cannot connect to the tsker daemon at unix:///nowhere/tsker.sock. Is it running?');
  t.is(error?.hint, 'start it with: tsker daemon &');
});

test('a version of the API goes into the path when one is asked for', async (t) => {
  const seen: string[] = [];
  const plain = await clientOf(t, (socket, head) => {
    seen.push(head.split(' ')[1] ?? '');
    socket.end(ok('{}'));
  });
  await plain.json('GET', '/info');
  await new ApiClient({ host: plain.host, apiVersion: '1.47' }).json('GET', '/info');
  t.deepEqual(seen, ['/info', '/v1.47/info']);
});

test('requests can be watched', async (t) => {
  const watched: object[] = [];
  const plain = await clientOf(t, (socket) => socket.end(ok('{}')));
  const client = new ApiClient({ host: plain.host, onRequest: (request) => watched.push(request) });
  await client.json('POST', '/x', { json: { a: 1 } });
  t.like(watched[0] ?? {}, { method: 'POST', path: '/x', body: '{"a":1}' });
  t.is(watched.length, 1);
});
