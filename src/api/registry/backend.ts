// What the registry routes need of the engine; registry/service.ts plays it. Types only.
import type { DistributionInspect, RegistryAuth, SearchResult } from '../../types/image.ts';

export interface SearchRequest {
  readonly term: string;
  readonly limit: number | undefined;
  /** The names are known ones. */
  readonly filters: ReadonlyMap<string, readonly string[]>;
  readonly auth: RegistryAuth | undefined;
}

export interface RegistryBackend {
  search(request: SearchRequest, signal: AbortSignal): Promise<SearchResult[]>;
  distribution(name: string, auth: RegistryAuth | undefined, signal: AbortSignal): Promise<DistributionInspect>;
  /** The token to be kept instead of the password, if there is one. Throws `unauthorized` when the registry refuses them. */
  login(auth: RegistryAuth, signal: AbortSignal): Promise<string | undefined>;
}
