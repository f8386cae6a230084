// Opens connections to registries for everything that is no pull: push, log-in, search, distribution. Mirrors are never
// asked: what is written, or who one is, is the registry's own matter.
import type { RegistryAuth } from '../types/image.ts';
import { Authorizer } from './auth.ts';
import { DEFAULT_CERTIFICATES } from './certificates.ts';
import { RegistryConnection } from './connection.ts';
import { type RegistryConfig, resolveEndpoints } from './endpoints.ts';
import { HttpClient } from './http.ts';

export interface ConnectionsOptions {
  readonly config: RegistryConfig & { readonly stallTimeout?: number; readonly certificates?: readonly string[] };
  readonly userAgent: string;
}

export interface OpenRequest {
  readonly domain: string;
  readonly auth: RegistryAuth | undefined;
  /** `repository:library/busybox:pull,push`. */
  readonly scopes: readonly string[];
  /** `offline`: who logs in wants something to keep. */
  readonly access?: 'online' | 'offline';
}

const DEFAULT_STALL_TIMEOUT = 30_000;

export class Connections {
  readonly http: HttpClient;
  readonly #config: RegistryConfig;
  readonly #knownBases = new Map<string, string>();

  constructor({ config, userAgent }: ConnectionsOptions) {
    const { stallTimeout = DEFAULT_STALL_TIMEOUT, certificates = DEFAULT_CERTIFICATES } = config;
    this.http = new HttpClient({ userAgent, stallTimeout, certificates });
    this.#config = config;
  }

  async open({ domain, auth, scopes, access = 'online' }: OpenRequest): Promise<RegistryConnection> {
    const { http } = this;
    const endpoint = (await resolveEndpoints(domain, { ...this.#config, mirrors: [] }))[0];
    if (endpoint === undefined) throw new Error(`no endpoint for ${domain}`);
    const authorizer = new Authorizer({
      http,
      auth,
      insecure: endpoint.insecure,
      registry: endpoint.host,
      scopes,
      access,
    });
    return new RegistryConnection({ http, endpoint, authorizer, knownBases: this.#knownBases });
  }

  /** Closes idle connections. */
  close(): void {
    this.http.close();
  }
}
