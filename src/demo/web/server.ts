// The page's server, on the loopback address: the page's files, its stream, its buttons. Who may knock is the gate's business.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '../../util/errors.ts';
import { type Asset, readAsset } from './assets.ts';
import { Gate, type Verdict } from './gate.ts';
import type { Show } from './show.ts';
import type { Stream } from './stream.ts';

export interface ServerOptions {
  readonly show: Show;
  readonly stream: Stream;
  /** What the page has to say, as /words answers it. */
  readonly words: object;
  /** 0: any. */
  readonly port: number;
  readonly onError: (message: string) => void;
}

export interface PageServer {
  /** A new address to open, for one use. */
  newAddress(): string;
  close(): Promise<void>;
}

const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const FILES: Readonly<Record<string, Asset>> = {
  '/': 'page.html',
  '/page.css': 'page.css',
  '/page.js': 'page.js',
  '/drawing.js': 'drawing.js',
};

const TYPES: Readonly<Record<string, string>> = { html: 'text/html', css: 'text/css', js: 'text/javascript' };

export async function servePage(options: ServerOptions): Promise<PageServer> {
  let gate: Gate | undefined;
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    // There is one as soon as there is a port.
    if (gate === undefined) return answer(response, 503, '');
    const { method = '', url = '', headers } = request;
    const verdict = safely(() => gate?.judge({ method, url, headers }));
    if (verdict === undefined) return answer(response, 400, 'bad request');
    if (verdict.kind === 'refuse') return answer(response, verdict.status, verdict.reason);
    if (verdict.kind === 'enter') return enter(response, verdict.cookie);
    route(options, request, response).catch((error: unknown) => {
      options.onError(messageOf(error));
      if (!response.headersSent) answer(response, 500, messageOf(error));
    });
  });
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  const open = new Gate((server.address() as AddressInfo).port);
  gate = open;
  return { newAddress: () => open.newAddress(), close: () => close(server, options.stream) };
}

async function route(
  { show, stream, words }: ServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = '', url = '' } = request;
  const { pathname } = new URL(url, 'http://page.invalid');
  request.resume();
  const file = FILES[pathname];
  if (method === 'GET' && file !== undefined) {
    const type = TYPES[file.split('.').at(-1) ?? ''] ?? 'text/plain';
    response.setHeader('Content-Type', `${type}; charset=utf-8`);
    return void response.end(readAsset(file));
  }
  if (method === 'GET' && pathname === '/words') {
    response.setHeader('Content-Type', 'application/json');
    return void response.end(JSON.stringify(words));
  }
  if (method === 'GET' && pathname === '/stream') return stream.add(response);
  if (method !== 'POST') return answer(response, 404, 'there is no such page');
  const number = /^\/lessons\/(\d{1,2})$/.exec(pathname)?.[1];
  if (number !== undefined) return answer(response, (await show.begin(Number(number))) ? 204 : 404, '');
  if (pathname === '/next') show.next();
  else if (pathname === '/end') await show.end();
  else return answer(response, 404, 'there is no such button');
  answer(response, 204, '');
}

function enter(response: ServerResponse, cookie: string): void {
  response.writeHead(303, { 'Set-Cookie': cookie, Location: '/' }).end();
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(text);
}

/** A URL that is none is the sender's mistake. */
function safely(judge: () => Verdict | undefined): Verdict | undefined {
  try {
    return judge();
  } catch {
    return undefined;
  }
}

async function close(server: Server, stream: Stream): Promise<void> {
  stream.close();
  server.close();
  server.closeAllConnections();
}
