// Makes the source of a pull: the embedded image, or a client for each endpoint of the repository.
import type { RegistryAuth } from '../types/image.ts';
import { Authorizer } from './auth.ts';
import { RegistryClient } from './client.ts';
import { RegistryConnection } from './connection.ts';
import type { EmbeddedSource } from './embedded.ts';
import { type Endpoint, type RegistryConfig, resolveEndpoints } from './endpoints.ts';
import { FallbackSource } from './fallback.ts';
import type { HttpClient } from './http.ts';
import type { Reference } from './reference.ts';
import type { RetryPolicy } from './retry.ts';
import type { ImageSource } from './source.ts';

export interface SourceFactoryOptions {
  readonly http: HttpClient;
  readonly config: RegistryConfig;
  readonly embedded: EmbeddedSource;
  readonly retry: RetryPolicy;
}

/** A mirror is given up early: behind it stands the registry itself. */
const MIRROR_ATTEMPTS = 2;

export class SourceFactory {
  readonly #options: SourceFactoryOptions;
  readonly #knownBases = new Map<string, string>();

  constructor(options: SourceFactoryOptions) {
    this.#options = options;
  }

  async open(reference: Reference, auth: RegistryAuth | undefined): Promise<ImageSource> {
    const embedded = await this.#options.embedded.find(reference);
    if (embedded !== undefined) return embedded;
    const endpoints = await resolveEndpoints(reference.domain, this.#options.config);
    const clients = endpoints.map((endpoint) => this.#client(endpoint, reference, auth));
    const last = clients.pop();
    if (last === undefined) throw new Error(`no endpoint for ${reference.domain}`);
    return clients.length === 0 ? last : new FallbackSource(clients, last);
  }

  #client(endpoint: Endpoint, { path }: Reference, auth: RegistryAuth | undefined): RegistryClient {
    const { http, retry } = this.#options;
    const { insecure, mirror } = endpoint;
    const scopes = [`repository:${path}:pull`];
    const authorizer = new Authorizer({
      http,
      auth: mirror ? undefined : auth,
      insecure,
      registry: endpoint.host,
      scopes,
    });
    const connection = new RegistryConnection({ http, endpoint, authorizer, knownBases: this.#knownBases });
    return new RegistryClient({
      http,
      connection,
      repository: path,
      retry: mirror ? { ...retry, attempts: MIRROR_ATTEMPTS } : retry,
    });
  }
}
