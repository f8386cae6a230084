// The proxy of a published port, alone: the helper forwards between a socket of the host and a server beside. Needs root.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { O_RDWR } from '../../src/native/linux.ts';
import type { Spawned } from '../../src/native/native.ts';
import { openNative } from '../helpers/native.ts';
import { noise } from '../helpers/noise.ts';
import { waitFor } from '../helpers/wait.ts';

const native = openNative();
const HOST = '127.0.0.1';
const SIGKILL = 9;
const IPPROTO = { stream: 6, dgram: 17 } as const;

/** struct sockaddr_in of a port of 127.0.0.1. */
function localAddress(port: number): Buffer {
  const bytes = Buffer.from([2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  bytes.writeUInt16BE(port, 2);
  return bytes;
}

interface Proxy {
  readonly port: number;
  readonly process: Spawned;
}

/** Forwards from a free port. */
async function proxyTo(t: ExecutionContext, type: 'stream' | 'dgram', target: number): Promise<Proxy> {
  const port = await freePort();
  const listener = native.listen(localAddress(port), type, IPPROTO[type]);
  const none = native.open('/dev/null', O_RDWR);
  const process = native.spawn({
    cloneFlags: 0,
    fds: [none, none, none, listener],
    plan: [{ op: 'PROXY', slot: 5, address: localAddress(target) }],
  });
  native.close(none);
  native.close(listener);
  t.teardown(async () => {
    process.signal(SIGKILL);
    await process.exited;
  });
  await process.started;
  return { port, process };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function serve(t: ExecutionContext, onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, onConnection).listen(0, HOST);
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as { port: number }).port;
}

async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Sends it all, says so, and reads the answer. */
async function talk(port: number, message: Buffer): Promise<Buffer> {
  const socket = connect({ port, host: HOST, allowHalfOpen: true });
  socket.end(message);
  return readAll(socket);
}

test('a stream goes both ways, and a side that has ended still hears the other', async (t) => {
  const target = await serve(t, (socket) => {
    // Answers only when it has heard the end.
    void readAll(socket).then((heard) => socket.end(Buffer.concat([Buffer.from(`${heard.length}:`), heard])));
  });
  const { port } = await proxyTo(t, 'stream', target);
  const message = noise('stream', 3_000_000);
  const answer = await talk(port, message);
  t.is(answer.subarray(0, 8).toString(), '3000000:');
  t.true(answer.subarray(8).equals(message));
});

test('hundreds of streams at once, and afterwards no descriptor is left', async (t) => {
  const target = await serve(t, (socket) => socket.pipe(socket));
  const { port, process } = await proxyTo(t, 'stream', target);
  const open = (): number => readdirSync(`/proc/${process.pid}/fd`).length;
  const before = open();
  const messages = Array.from({ length: 300 }, (_, index) => noise(`m${index}`, 20_000));
  const answers = await Promise.all(messages.map((message) => talk(port, message)));
  t.true(answers.every((answer, index) => answer.equals(messages[index] ?? Buffer.alloc(0))));
  await waitFor('the connections to be closed', () => open() === before);
});

test('single bytes, each in a segment of its own, and answers to each', async (t) => {
  const target = await serve(t, (socket) => socket.setNoDelay(true).pipe(socket));
  const { port } = await proxyTo(t, 'stream', target);
  const bytes = noise('bytes', 500);
  const sent = connect({ port, host: HOST, allowHalfOpen: true, noDelay: true });
  const heard = readAll(sent);
  for (const byte of bytes) {
    sent.write(Buffer.of(byte));
    if (byte < 64) await new Promise(setImmediate);
  }
  sent.end();
  t.true((await heard).equals(bytes));
});

test('a side that does not read stops the other, and hears everything later', async (t) => {
  const answer = Buffer.alloc(10_000_000, noise('answer', 100_003));
  let word = '';
  const target = await serve(t, (socket) => {
    socket.write(answer, () => socket.end());
    socket.on('data', (data) => {
      word += data;
    });
  });
  const { port } = await proxyTo(t, 'stream', target);
  const socket = connect({ port, host: HOST, allowHalfOpen: true });
  await once(socket, 'readable');
  socket.write('while you talk');
  await waitFor('the other direction', () => word === 'while you talk');
  t.true((await readAll(socket)).equals(answer));
  socket.end();
});

test('clients that hang up in the middle of an answer do not disturb the others', async (t) => {
  const target = await serve(t, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', (word) => (word.toString() === 'hello' ? socket.end(word) : drip(socket)));
  });
  const { port } = await proxyTo(t, 'stream', target);
  // One that has read all there was says first that it ends, and only then that it does not want what comes behind.
  const rude = Array.from({ length: 50 }, async () => {
    const socket = connect(port, HOST);
    socket.write('more');
    await once(socket, 'data');
    socket.destroy();
    await once(socket, 'close');
  });
  await Promise.all(rude);
  t.is((await talk(port, Buffer.from('hello'))).toString(), 'hello');
});

/** A little, again and again, until nobody is there. */
function drip(socket: Socket): void {
  if (socket.destroyed) return;
  socket.write('drop');
  setImmediate(drip, socket);
}

test('a client of a server that refuses is hung up on', async (t) => {
  const { port } = await proxyTo(t, 'stream', await freePort());
  const socket = connect(port, HOST);
  const error = await Promise.race([once(socket, 'close').then(() => undefined), once(socket, 'error')]);
  t.pass(String(error));
  t.true(socket.destroyed);
});

test('datagrams find the way back to whom they are for', async (t) => {
  const server = createSocket('udp4');
  server.on('message', (message, { port }) => server.send(`echo ${message}`, port, HOST));
  server.bind(0, HOST);
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = await proxyTo(t, 'dgram', server.address().port);
  const clients = Array.from({ length: 20 }, () => createSocket('udp4'));
  t.teardown(() => {
    for (const client of clients) client.close();
  });
  const answers = await Promise.all(
    clients.map(async (client, index) => {
      const heard = once(client, 'message');
      client.send(`${index}`, port, HOST);
      const [message, from] = (await heard) as [Buffer, { address: string; port: number }];
      t.is(from.port, port);
      return String(message);
    }),
  );
  t.deepEqual(
    answers,
    clients.map((_, index) => `echo ${index}`),
  );
});

test('the proxy says in ps what it is, and has nothing of the daemon', async (t) => {
  const { process } = await proxyTo(t, 'stream', 9);
  t.is(readFileSync(`/proc/${process.pid}/comm`, 'utf8').trim(), 'tsker-proxy');
  // Stdio, the listener, epoll.
  await waitFor('five descriptors', () => readdirSync(`/proc/${process.pid}/fd`).length === 5);
});

test('a port that is taken is an error with its errno', async (t) => {
  const target = await serve(t, (socket) => socket.end());
  const error = t.throws(() => native.listen(localAddress(target), 'stream', IPPROTO.stream));
  t.regex(error?.message ?? '', /EADDRINUSE|address already in use/);
});
