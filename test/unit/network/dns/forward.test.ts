import { createSocket, type Socket } from 'node:dgram';
import { createServer } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { forwardQuery } from '../../../../src/network/dns/forward.ts';

const QUERY = Buffer.from('1234010000010000000000000265780000010001', 'hex');
const forever = new AbortController().signal;

function answer(query: Buffer, rcode = 0): Buffer {
  const reply = Buffer.from(query);
  reply.writeUInt16BE(0x8180 | rcode, 2);
  return reply;
}

/** A server on a port of 127.0.0.1; what `reply` gives is sent. */
async function serve(
  t: ExecutionContext,
  address: string,
  port: number,
  reply: (query: Buffer) => Buffer[],
): Promise<number> {
  const socket: Socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    for (const bytes of reply(query)) socket.send(bytes, from.port, from.address);
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.on('error', reject);
  socket.bind(port, address, resolve);
  await promise;
  t.teardown(() => void socket.close());
  return socket.address().port;
}

test('the first server that answers is heard', async (t) => {
  const port = await serve(t, '127.0.0.1', 0, (query) => [answer(query)]);
  const reply = await forwardQuery(QUERY, { servers: ['127.0.0.1'], over: 'udp', signal: forever, port });
  t.deepEqual(reply, answer(QUERY));
});

test('a server that is silent, or fails, is not the last', async (t) => {
  const port = await serve(t, '127.0.0.2', 0, (query) => [answer(query, 2)]);
  await serve(t, '127.0.0.3', port, () => []);
  await serve(t, '127.0.0.4', port, (query) => [answer(query)]);
  const servers = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
  const reply = await forwardQuery(QUERY, { servers, over: 'udp', signal: forever, port, patience: 200 });
  t.deepEqual(reply, answer(QUERY));
});

test('where nobody answers there is no answer, after a bounded time', async (t) => {
  const port = await serve(t, '127.0.0.5', 0, () => []);
  const begin = performance.now();
  const reply = await forwardQuery(QUERY, {
    servers: ['127.0.0.5'],
    over: 'udp',
    signal: forever,
    port,
    patience: 100,
  });
  t.is(reply, undefined);
  t.true(performance.now() - begin >= 90);
});

test('an answer to another question is not taken for one', async (t) => {
  const port = await serve(t, '127.0.0.6', 0, (query) => {
    const wrong = answer(query);
    wrong.writeUInt16BE(0x4321, 0);
    return [wrong, Buffer.alloc(3), query, answer(query)];
  });
  const reply = await forwardQuery(QUERY, { servers: ['127.0.0.6'], over: 'udp', signal: forever, port });
  t.deepEqual(reply, answer(QUERY));
});

test('the end of the container ends the waiting', async (t) => {
  const port = await serve(t, '127.0.0.7', 0, () => []);
  const ended = new AbortController();
  const reply = forwardQuery(QUERY, { servers: ['127.0.0.7'], over: 'udp', signal: ended.signal, port });
  ended.abort();
  t.is(await reply, undefined);
});

test('a question over TCP is asked over TCP, whatever pieces the answer comes in', async (t) => {
  const server = createServer((stream) => {
    stream.on('error', () => stream.destroy());
    stream.on('data', (bytes) => {
      const reply = answer(bytes.subarray(2));
      const framed = Buffer.concat([Buffer.from([0, reply.length]), reply]);
      stream.write(framed.subarray(0, 1));
      setTimeout(() => stream.write(framed.subarray(1, 5)), 5);
      setTimeout(() => stream.end(framed.subarray(5)), 10);
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  t.teardown(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const reply = await forwardQuery(QUERY, { servers: ['127.0.0.1'], over: 'tcp', signal: forever, port });
  t.deepEqual(reply, answer(QUERY));
});
