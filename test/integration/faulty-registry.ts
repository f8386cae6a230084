// A registry with faults: it stands before a real one, passes requests on, and does to each what the test says.
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Owner } from '../helpers/owner.ts';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  /** Whether a layer or configuration is asked for. */
  readonly isBlob: boolean;
  /** How many requests for this path came before. */
  readonly seen: number;
  /** Passes the request on and the answer back; `change` sees each chunk. */
  pass(change?: (chunk: Buffer, offset: number) => Buffer | undefined): void;
}

/** Takes the exchange over, or leaves it to be passed on by returning false. */
export type Fault = (exchange: Exchange) => boolean;

export interface FaultyRegistry {
  readonly host: string;
  fault: Fault;
  /** `GET /v2/…`, in order. */
  readonly requests: string[];
}

export interface FaultyOptions {
  /** Passed on to the registry; by default what the test asks for is answered by the fault alone. */
  readonly authorization?: 'pass';
}

export async function startFaultyRegistry(
  owner: Owner,
  target: string,
  fault: Fault,
  { authorization }: FaultyOptions = {},
): Promise<FaultyRegistry> {
  const seen = new Map<string, number>();
  const faulty: FaultyRegistry = { host: '', fault, requests: [] };
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    faulty.requests.push(`${request.method} ${path}`);
    const count = seen.get(path) ?? 0;
    seen.set(path, count + 1);
    const pass: Exchange['pass'] = (change) => {
      if (authorization !== 'pass') delete request.headers.authorization;
      passOn({ request, response, target, change });
    };
    const exchange = { request, response, path, isBlob: path.includes('/blobs/'), seen: count, pass };
    if (!faulty.fault(exchange)) pass();
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  owner.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(faulty, { host: `127.0.0.1:${(server.address() as AddressInfo).port}` });
}

interface Passing {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: string;
  readonly change: ((chunk: Buffer, offset: number) => Buffer | undefined) | undefined;
}

function passOn({ request, response, target, change }: Passing): void {
  const { host: _, ...headers } = request.headers;
  const upstream = httpRequest(new URL(request.url ?? '', target), { method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    let offset = 0;
    answer.on('data', (chunk: Buffer) => {
      const changed = change === undefined ? chunk : change(chunk, offset);
      offset += chunk.length;
      if (changed === undefined) {
        // What was written before still goes out: then the connection ends in the middle.
        answer.destroy();
        response.socket?.end();
        setTimeout(() => response.destroy(), 5);
      } else response.write(changed);
    });
    answer.on('end', () => response.end());
    answer.on('error', () => response.destroy());
  });
  upstream.on('error', () => response.destroy());
  request.pipe(upstream);
}

/** A change that lets `count` bytes through and cuts the connection. */
export function cutAfter(count: number): (chunk: Buffer, offset: number) => Buffer | undefined {
  return (chunk, offset) => {
    if (offset >= count) return undefined;
    return offset + chunk.length > count ? chunk.subarray(0, count - offset) : chunk;
  };
}
