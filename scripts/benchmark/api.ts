// A minimal keep-alive client of the Engine API for timing: the same client for both engines, so that only they differ.
import { Agent, request } from 'node:http';

export class Api {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly socket: string;

  constructor(socket: string) {
    this.socket = socket;
  }

  /** Sends a request and resolves with the parsed body; rejects for a status of 400 and more. Bytes are a tar archive. */
  call(method: string, path: string, body?: object | Buffer): Promise<unknown> {
    const isArchive = Buffer.isBuffer(body);
    const payload = body === undefined || isArchive ? body : JSON.stringify(body);
    return new Promise((done, fail) => {
      const outgoing = request(
        {
          socketPath: this.socket,
          agent: this.#agent,
          method,
          path,
          headers:
            payload === undefined
              ? {}
              : {
                  'content-type': isArchive ? 'application/x-tar' : 'application/json',
                  'content-length': Buffer.byteLength(payload),
                },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', fail);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            if ((response.statusCode ?? 500) >= 400)
              fail(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
            else done(text.startsWith('{') || text.startsWith('[') ? parseLast(text) : text);
          });
        },
      );
      outgoing.on('error', fail);
      outgoing.end(payload);
    });
  }

  /** Reads an answer to its end, without keeping it; resolves with its bytes. */
  drain(path: string): Promise<number> {
    return new Promise((done, fail) => {
      const outgoing = request({ socketPath: this.socket, path, agent: false }, (response) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        response.on('error', fail);
        response.on('end', () => done(bytes));
      });
      outgoing.on('error', fail);
      outgoing.end();
    });
  }

  /** create + start + wait + remove, as a client without attach does it. */
  async life(image: string, cmd: readonly string[], host: object): Promise<void> {
    const created = (await this.call('POST', '/containers/create', { Image: image, Cmd: cmd, HostConfig: host })) as {
      Id: string;
    };
    const waited = this.call('POST', `/containers/${created.Id}/wait?condition=next-exit`);
    await this.call('POST', `/containers/${created.Id}/start`);
    await waited;
    await this.call('DELETE', `/containers/${created.Id}`);
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** A body is one JSON value, or a stream of them of which the last says how it ended. */
function parseLast(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const last = JSON.parse(text.trim().split('\n').at(-1) ?? 'null') as { error?: string };
    if (last?.error !== undefined) throw new Error(last.error);
    return last;
  }
}
