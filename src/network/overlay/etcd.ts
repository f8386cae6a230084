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
import type { ClusterOptions, ClusterTls } from './options.ts';

export interface EtcdOptions extends Pick<ClusterOptions, 'store' | 'servers' | 'tls'> {
  /** Milliseconds that one server is waited for. */
  readonly timeout: number;
}

export class Etcd {
  readonly #options: EtcdOptions;
  readonly #agent: PlainAgent | SecureAgent;
  /** Which answered last. */
  #server = 0;

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
    const response = await this.#send('watch', encodeWatch(prefix, from), signal);
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
    for (const _ of servers) {
      try {
        return await this.#sendTo(servers[this.#server] ?? '', method, body, signal);
      } catch (error) {
        if (error instanceof TskerError) throw error;
        failure = error;
        this.#server = (this.#server + 1) % servers.length;
      }
    }
    throw this.#unreachable(failure);
  }

  async #sendTo(server: string, method: string, body: Json, signal: AbortSignal): Promise<Response> {
    // Until the headers are there; what comes afterwards has the caller's signal alone.
    const headers = new AbortController();
    const timer = setTimeout(() => headers.abort(), this.#options.timeout);
    try {
      const response = await fetch(`${server}/v3/${method}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
        agent: this.#agent,
        signal: AbortSignal.any([signal, headers.signal]),
      });
      if (response.ok) return response;
      throw refusal(this.#options.store, response.status, await response.text());
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
