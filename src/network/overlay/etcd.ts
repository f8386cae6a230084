// A client of etcd, over the JSON gateway of its v3 API: ranges, transactions, leases and watches. It asks one server after the
// other until one answers, and knows nothing of networks.
import { readFileSync } from 'node:fs';
import { Agent as PlainAgent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { createInterface } from 'node:readline';
import fetch, { type Response } from 'node-fetch';
import { messageOf, TskerError } from '../../util/errors.ts';
import {
  type Change,
  type Condition,
  decodeRange,
  decodeWatch,
  encodeRange,
  encodeTransaction,
  encodeWatch,
  type Json,
  numberText,
  objectOf,
  type StoredKey,
  type StoreEvent,
} from './etcd-messages.ts';
import type { ClusterOptions, ClusterTls, ClusterUser } from './options.ts';

export interface EtcdOptions extends Pick<ClusterOptions, 'store' | 'servers' | 'tls' | 'user'> {
  /** Milliseconds that one server is waited for. */
  readonly timeout: number;
}

export class Etcd {
  readonly #options: EtcdOptions;
  readonly #agent: PlainAgent | SecureAgent;
  /** Which answered last. */
  #server = 0;
  /** Aborted when another one answers: a watch on a server that is cut off would hear nothing, and not end. */
  #moved = new AbortController();
  /** What stands for user and password, until the store does not know it any more. */
  #token: string | undefined;

  constructor(options: EtcdOptions) {
    this.#options = options;
    const { tls } = options;
    this.#agent = tls === undefined ? new PlainAgent({ keepAlive: true }) : new SecureAgent(secure(tls));
  }

  async range(prefix: string): Promise<{ readonly entries: StoredKey[]; readonly revision: bigint }> {
    return decodeRange(await this.#ask('kv/range', encodeRange(prefix)));
  }

  /** All changes at once, or none: false when a condition does not hold. */
  async commit(when: readonly Condition[], then: readonly Change[]): Promise<boolean> {
    const answer = await this.#ask('kv/txn', encodeTransaction(when, then));
    return answer['succeeded'] === true;
  }

  /** A lease of so many seconds; what was written with it goes when it ends. */
  async grant(seconds: number): Promise<string> {
    return numberText((await this.#ask('lease/grant', { TTL: String(seconds) }))['ID']);
  }

  /** The seconds that it then has; 0: it has ended. */
  async keepAlive(lease: string): Promise<number> {
    const answer = await this.#ask('lease/keepalive', { ID: lease });
    return Number(numberText(objectOf(answer['result'])['TTL']));
  }

  async revoke(lease: string): Promise<void> {
    await this.#ask('lease/revoke', { ID: lease });
  }

  /** Changes below a prefix from a revision on, as they come; throws when there can be no more, and when the signal ends it. */
  async *watch(prefix: string, from: bigint, signal: AbortSignal): AsyncGenerator<StoreEvent[]> {
    const response = await this.#send(
      'watch',
      encodeWatch(prefix, from),
      AbortSignal.any([signal, this.#moved.signal]),
    );
    const { body } = response;
    if (body === null) throw new Error('the store sent no watch');
    for await (const line of createInterface({ input: body as NodeJS.ReadableStream })) {
      yield decodeWatch(objectOf(JSON.parse(line)));
    }
    throw new Error('the store ended the watch');
  }

  close(): void {
    this.#agent.destroy();
  }

  async #ask(method: string, body: Json): Promise<Json> {
    const signal = AbortSignal.timeout(this.#options.timeout * this.#options.servers.length);
    try {
      const response = await this.#send(method, body, signal);
      return objectOf(await response.json());
    } catch (error) {
      throw error instanceof TskerError ? error : this.#unreachable(error);
    }
  }

  async #send(method: string, body: Json, signal: AbortSignal): Promise<Response> {
    const { servers } = this.#options;
    let failure: unknown;
    const first = this.#server;
    for (const [offset] of servers.entries()) {
      const index = (first + offset) % servers.length;
      try {
        const response = await this.#sendAsUser(servers[index] ?? '', method, body, signal);
        this.#moveTo(index);
        return response;
      } catch (error) {
        if (error instanceof TskerError) throw error;
        failure = error;
      }
    }
    throw this.#unreachable(failure);
  }

  #moveTo(index: number): void {
    if (index === this.#server) return;
    this.#server = index;
    this.#moved.abort(new Error('another server of the store answers'));
    this.#moved = new AbortController();
  }

  /** A token ends after some minutes without a request, and with the store. */
  async #sendAsUser(server: string, method: string, body: Json, signal: AbortSignal): Promise<Response> {
    const { user, store } = this.#options;
    if (user !== undefined && this.#token === undefined) await this.#signIn(user, server, signal);
    let response = await this.#sendTo(server, method, body, signal);
    if (user !== undefined && response.status === UNAUTHENTICATED) {
      await this.#signIn(user, server, signal);
      response = await this.#sendTo(server, method, body, signal);
    }
    if (response.ok) return response;
    throw refusal(store, response.status, await response.text());
  }

  async #signIn({ name, password }: ClusterUser, server: string, signal: AbortSignal): Promise<void> {
    const { store } = this.#options;
    this.#token = undefined;
    const response = await this.#sendTo(server, 'auth/authenticate', { name, password }, signal);
    if (!response.ok) throw refusal(store, response.status, await response.text());
    const { token } = objectOf(await response.json());
    if (typeof token !== 'string') throw new TskerError('unavailable', `the cluster store ${store} gave no token`);
    this.#token = token;
  }

  async #sendTo(server: string, method: string, body: Json, signal: AbortSignal): Promise<Response> {
    // Until the headers are there; what comes afterwards has the caller's signal alone.
    const headers = new AbortController();
    const timer = setTimeout(() => headers.abort(), this.#options.timeout);
    try {
      return await fetch(`${server}/v3/${method}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: {
          'content-type': 'application/json',
          ...(this.#token === undefined ? {} : { authorization: this.#token }),
        },
        agent: this.#agent,
        signal: AbortSignal.any([signal, headers.signal]),
      });
    } finally {
      clearTimeout(timer);
    }
  }

  #unreachable(cause: unknown): TskerError {
    return new TskerError(
      'unavailable',
      `the cluster store ${this.#options.store} cannot be reached: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
}

const UNAUTHENTICATED = 401;

/** A server without a leader says so with 503 and may be followed by one that has one; everything else is an answer. */
function refusal(store: string, status: number, text: string): Error {
  const message = `the cluster store ${store} answered ${status}: ${text.slice(0, 200).trim()}`;
  return status === 503 ? new Error(message) : new TskerError('unavailable', message);
}

function secure({ ca, cert, key }: ClusterTls): ConstructorParameters<typeof SecureAgent>[0] {
  return {
    keepAlive: true,
    ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
    ...(cert === undefined ? {} : { cert: readFileSync(cert) }),
    ...(key === undefined ? {} : { key: readFileSync(key) }),
  };
}
