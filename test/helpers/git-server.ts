// Git repositories on loopback as hosters serve them: by smart HTTP (git http-backend) and by git's own protocol (git
// daemon), each program started for a request. Needs: git.
import { spawn } from 'node:child_process';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import type { Owner } from './owner.ts';

export interface GitServer {
  /** `http://127.0.0.1:port/name.git` and `git://127.0.0.1:port/name.git`. */
  readonly http: string;
  readonly git: string;
}

/** Serves a bare repository whose directory ends in `.git`. */
export async function serveGit(owner: Owner, repository: string): Promise<GitServer> {
  const root = dirname(repository);
  const name = basename(repository);
  const http = createHttpServer((request, response) => answer(request, response, root));
  const git = createServer((socket) => converse(socket, root));
  const [web, own] = [await listen(owner, http), await listen(owner, git)];
  return { http: `http://127.0.0.1:${web}/${name}`, git: `git://127.0.0.1:${own}/${name}` };
}

async function listen(owner: Owner, server: Server): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  owner.teardown(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** CGI, RFC 3875, as far as http-backend asks. */
function answer(request: IncomingMessage, response: ServerResponse, root: string): void {
  const { pathname, search } = new URL(request.url ?? '/', 'http://x');
  const env = {
    PATH: process.env['PATH'],
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: pathname,
    QUERY_STRING: search.slice(1),
    REQUEST_METHOD: request.method,
    CONTENT_TYPE: request.headers['content-type'],
    HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
    HTTP_GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
  };
  const child = spawn('git', ['http-backend'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => undefined);
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.on('close', () => {
    const all = Buffer.concat(chunks);
    const end = all.indexOf('\r\n\r\n');
    const headers = all.toString('latin1', 0, end).split('\r\n');
    let status = 200;
    for (const line of headers) {
      const [key = '', value = ''] = line.split(': ');
      if (key === 'Status') status = Number.parseInt(value, 10);
      else if (key !== '') response.setHeader(key, value);
    }
    response.writeHead(status).end(all.subarray(end + 4));
  });
}

function converse(socket: Socket, root: string): void {
  const words = ['daemon', '--inetd', '--export-all', `--base-path=${root}`];
  const child = spawn('git', words, { stdio: ['pipe', 'pipe', 'inherit'] });
  for (const stream of [socket, child.stdin]) stream.on('error', () => undefined);
  socket.pipe(child.stdin);
  child.stdout.pipe(socket);
}
