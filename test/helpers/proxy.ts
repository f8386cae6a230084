// An HTTP proxy of a test's own, for tunnels and for plain requests. Names lead to ports of this machine, so that a registry
// can have a name that is not loopback without a name server.
import { createServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Owner } from './owner.ts';

export interface TestProxy {
  readonly url: string;
  /** `CONNECT registry.test:443`, `GET http://registry.test/v2/`, in order. */
  readonly requests: string[];
}

/** `routes`: `host:port` → a port of 127.0.0.1. What is not there is answered with 502. */
export async function startProxy(owner: Owner, routes: Readonly<Record<string, number>>): Promise<TestProxy> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://none');
    requests.push(`${request.method} ${url.origin}${url.pathname}`);
    const port = routes[`${url.hostname}:${url.port || 80}`];
    if (port === undefined) return void response.writeHead(502).end();
    const { method, headers } = request;
    const path = url.pathname + url.search;
    const upstream = httpRequest({ host: '127.0.0.1', port, method, headers, path }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    upstream.on('error', () => response.destroy());
    request.pipe(upstream);
  });
  server.on('connect', (request, socket) => {
    requests.push(`CONNECT ${request.url}`);
    const port = routes[request.url ?? ''];
    if (port === undefined) return void socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  owner.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}
