// The syslog driver against real servers: every transport and format, connections that break, servers that are slow, and
// what docker logs has of it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { BUSYBOX, openNative } from '../helpers/native.ts';
import { ok } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';
import {
  openLog,
  readAll,
  type SyslogServer,
  startLogged,
  startStreamServer,
  startUdpServer,
  startUnixgramServer,
} from './logging.harness.ts';

const native = openNative();
const SCRIPT = 'echo one; echo; sleep 0.1; echo two >&2; sleep 0.1; printf three';
const STAMP = String.raw`\w{3} [ \d]\d \d\d:\d\d:\d\d`;
const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d`;
const ZONE = String.raw`(Z|[+-]\d\d:\d\d)`;
const TAG = 'a0eab37e698b';
const { pid } = process;

async function send(
  t: ExecutionContext,
  server: Pick<SyslogServer, 'address' | 'text'>,
  options: Record<string, string> = {},
): Promise<string> {
  const { over, log } = await startLogged(t, native, {
    type: 'syslog',
    options: { 'syslog-address': server.address, ...options },
    script: SCRIPT,
  });
  await over;
  t.deepEqual(await readAll(log), ['one\n', '\n', 'two\n', 'three']);
  await waitFor('the last record', () => /three/.test(server.text()));
  return server.text();
}

test('over TCP, in each format', async (t) => {
  const formats: readonly [Record<string, string>, string][] = [
    [{}, String.raw`${STAMP} ${TAG}\[${pid}\]: `],
    [{ 'syslog-format': 'rfc3164', tag: '{{.Name}} x' }, String.raw`${STAMP} vm one x\[${pid}\]: `],
    [{ 'syslog-format': 'rfc5424' }, `1 ${TIME}${ZONE} vm ${TAG} ${pid} ${TAG} - `],
    [{ 'syslog-format': 'rfc5424micro' }, String.raw`1 ${TIME}\.\d{6}${ZONE} vm ${TAG} ${pid} ${TAG} - `],
  ];
  for (const [options, header] of formats) {
    const text = await send(t, await startStreamServer(t), options);
    t.regex(text, new RegExp(`^<30>${header}one\n<27>${header}two\n<30>${header}three\n$`));
  }
});

test('over a unix socket, with another facility', async (t) => {
  const server = await startStreamServer(t, { path: join(tempdir(t, 'syslog'), 'socket') });
  const text = await send(t, server, { 'syslog-facility': 'local3' });
  t.deepEqual(text.match(/<\d+>/g), ['<158>', '<155>', '<158>']);
});

test('in datagrams of a record each', async (t) => {
  for (const server of [await startUdpServer(t), await startUnixgramServer(t)]) {
    const text = await send(t, server);
    t.regex(text, /^<30>[^|]* one\n\|<27>[^|]* two\n\|<30>[^|]* three\n\|$/);
  }
});

test('over TLS, with the length in front of RFC 5424', async (t) => {
  const directory = tempdir(t, 'tls');
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await ok([
    'openssl',
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    key,
    '-out',
    cert,
    ...subject,
  ]);
  const server = await startStreamServer(t, { tls: { key: readFileSync(key), cert: readFileSync(cert) } });
  const text = await send(t, server, { 'syslog-format': 'rfc5424', 'syslog-tls-ca-cert': cert });
  const records = [...text.matchAll(/(\d+) (<[^\n]*\n)/g)];
  t.is(records.length, 3);
  for (const [, length, record = ''] of records) t.is(Number(length), record.length);
  await t.throwsAsync(openLog(t, native, { type: 'syslog', options: { 'syslog-address': server.address } }), {
    message: /^failed to initialize logging driver: dial tcp 127\.0\.0\.1:\d+: .*self.signed/,
  });
  await send(t, server, { 'syslog-tls-skip-verify': 'true' });
});

test('a server that cannot be reached is told when the container starts, in Docker’s words', async (t) => {
  const directory = tempdir(t, 'syslog');
  const server = await startStreamServer(t);
  await server.stop();
  const path = join(directory, 'not-a-socket');
  await ok(['touch', path]);
  for (const [address, reason] of [
    [server.address, `dial ${server.address.replace('://', ' ')}: connect: connection refused`],
    [`unix://${path}`, `dial unix ${path}: connect: connection refused`],
    [`unixgram://${path}`, `dial unixgram ${path}: connect: connection refused`],
    ['tcp://127.0.0.1:99999', 'dial tcp: address 99999: invalid port'],
  ] as const) {
    await t.throwsAsync(openLog(t, native, { type: 'syslog', options: { 'syslog-address': address } }), {
      message: `failed to initialize logging driver: ${reason}`,
    });
  }
});

test('a server that is away is tried again; lines wait for it, and no container does', async (t) => {
  const signs = tempdir(t, 'signs');
  const away = join(signs, 'away');
  const back = join(signs, 'back');
  const server = await startStreamServer(t);
  const { over, child, said } = await startLogged(t, native, {
    type: 'syslog',
    options: { 'syslog-address': server.address },
    script: `until [ -e ${away} ]; do echo first; sleep 0.1; done; seq 1 1000; until [ -e ${back} ]; do sleep 0.1; done; echo last`,
  });
  await waitFor('the first line', () => server.text().includes('first'));
  await server.stop();
  await waitFor('its absence to be noticed', () => said.some((line) => line.includes('closed the connection')));
  writeFileSync(away, '');
  await sleep(500);
  await server.restart();
  writeFileSync(back, '');
  await child.exited;
  await over;
  await waitFor('the last line', () => server.text().includes('last'));
  const numbers = [...server.text().matchAll(/: (\d+)\n/g)].map(([, n]) => Number(n));
  t.deepEqual(
    numbers,
    Array.from({ length: 1000 }, (_, index) => index + 1),
  );
});

test('without the cache there is nothing to read', async (t) => {
  const server = await startStreamServer(t);
  const options = { 'syslog-address': server.address, 'cache-disabled': 'true' };
  const { log, over } = await startLogged(t, native, { type: 'syslog', options, script: 'echo x' });
  await t.throwsAsync(readAll(log), { message: 'configured logging driver does not support reading' });
  await over;
});

test('a server that reads nothing holds its own container, and no other', async (t) => {
  const server = await startStreamServer(t, { reads: false });
  const slow = await startLogged(t, native, {
    type: 'syslog',
    options: { 'syslog-address': server.address },
    argv: [BUSYBOX, 'seq', '1', '3000000'],
  });
  const fast = await startLogged(t, native, { type: 'json-file', argv: [BUSYBOX, 'seq', '1', '300000'] });
  await fast.over;
  t.is((await readAll(fast.log)).length, 300_000);
  let ended = false;
  void slow.child.exited.then(() => {
    ended = true;
  });
  await sleep(300);
  t.false(ended, 'the writer is held');
  await server.stop(); // gone, it holds nobody any more
  await slow.child.exited;
  await slow.pump.finished;
  const closing = slow.log.close();
  await server.restart();
  await closing;
});

test('in non-blocking mode a server that reads nothing costs lines, not time', async (t) => {
  const server = await startStreamServer(t, { reads: false });
  const options = { 'syslog-address': server.address, mode: 'non-blocking', 'cache-disabled': 'true' };
  const { child, pump, log, said } = await startLogged(t, native, {
    type: 'syslog',
    options,
    argv: [BUSYBOX, 'seq', '1', '3000000'],
  });
  await child.exited;
  await pump.finished;
  await server.stop();
  await waitFor('the loss to be told', () =>
    said.find((line) => /did not reach the syslog server lines=\d{6,}/.test(line)),
  );
  await server.restart();
  await log.close();
  t.pass();
});
