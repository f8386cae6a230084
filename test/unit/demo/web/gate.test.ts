import test from 'ava';
import { Gate, type Knock } from '../../../../src/demo/web/gate.ts';

const HOST = '127.0.0.1:4242';
const ORIGIN = `http://${HOST}`;

/** A gate, and the cookie of the one who entered. */
function entered(): { gate: Gate; cookie: string; url: string } {
  const gate = new Gate(4242);
  const url = gate.newAddress().slice(ORIGIN.length);
  const verdict = gate.judge({ method: 'GET', url, headers: { host: HOST } });
  return { gate, url, cookie: verdict.kind === 'enter' ? (verdict.cookie.split(';')[0] ?? '') : '' };
}

function kind(gate: Gate, knock: Partial<Knock>): string {
  return gate.judge({ method: 'GET', url: '/', headers: { host: HOST }, ...knock }).kind;
}

test('the address lets in once, with a cookie that scripts and other sites do not get', (t) => {
  const gate = new Gate(4242);
  const url = gate.newAddress().slice(ORIGIN.length);
  const verdict = gate.judge({ method: 'GET', url, headers: { host: HOST } });
  t.regex(
    verdict.kind === 'enter' ? verdict.cookie : '',
    /^tsker-demo-4242=[0-9a-f]{64}; HttpOnly; SameSite=Strict; Path=\/$/,
  );
  t.is(kind(gate, { url }), 'refuse');
});

test('a new address makes the old one void', (t) => {
  const gate = new Gate(4242);
  const old = gate.newAddress().slice(ORIGIN.length);
  const now = gate.newAddress().slice(ORIGIN.length);
  t.is(kind(gate, { url: old }), 'refuse');
  t.is(kind(gate, { url: now }), 'enter');
});

test('with the cookie all pages are open, without it none', (t) => {
  const { gate, cookie } = entered();
  for (const url of ['/', '/page.js', '/stream', '/words']) {
    t.is(kind(gate, { url, headers: { host: HOST, cookie: `other=1; ${cookie}` } }), 'pass', url);
    t.is(kind(gate, { url }), 'refuse', url);
    t.is(kind(gate, { url, headers: { host: HOST, cookie: `${cookie.slice(0, -1)}x` } }), 'refuse', url);
  }
});

test('a name that is not ours is refused, whatever it brings', (t) => {
  const { gate, cookie } = entered();
  for (const host of ['evil.example:4242', '127.0.0.1', '127.0.0.1:80', '', 'localhost:4242.evil.example']) {
    const verdict = gate.judge({ method: 'GET', url: '/', headers: { host, cookie } });
    t.deepEqual(verdict.kind === 'refuse' ? verdict.status : verdict.kind, 421, host);
  }
  t.is(kind(gate, { headers: { host: 'localhost:4242', cookie } }), 'pass');
});

test('a button takes our own page: its origin and its header', (t) => {
  const { gate, cookie } = entered();
  const post = (headers: Knock['headers']): string =>
    kind(gate, { method: 'POST', url: '/next', headers: { host: HOST, cookie, ...headers } });
  t.is(post({ origin: ORIGIN, 'x-tsker-demo': '1' }), 'pass');
  t.is(post({ origin: ORIGIN }), 'refuse');
  t.is(post({ 'x-tsker-demo': '1' }), 'refuse');
  t.is(post({ origin: 'http://evil.example', 'x-tsker-demo': '1' }), 'refuse');
  t.is(post({ origin: 'http://localhost:4242', 'x-tsker-demo': '1' }), 'refuse');
});

test('a token of any form that is not the one is refused', (t) => {
  const gate = new Gate(4242);
  gate.newAddress();
  for (const token of ['', 'x', 'é', '0'.repeat(64), '0'.repeat(10_000)]) {
    t.is(kind(gate, { url: `/?token=${encodeURIComponent(token)}` }), 'refuse');
  }
});
