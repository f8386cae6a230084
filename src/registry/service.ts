// The registry verbs behind the API that touch no image here, joined to their connections.
import type { DistributionInspect, RegistryAuth, SearchResult } from '../types/image.ts';
import type { Connections } from './connections.ts';
import { inspectDistribution } from './distribution.ts';
import { checkLogin } from './login.ts';
import { parseReference } from './reference.ts';
import { type SearchRequest, searchImages } from './search.ts';

export class RegistryService {
  readonly #connections: Connections;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  search(request: SearchRequest, signal: AbortSignal): Promise<SearchResult[]> {
    return searchImages(this.#connections, request, signal);
  }

  distribution(name: string, auth: RegistryAuth | undefined, signal: AbortSignal): Promise<DistributionInspect> {
    return inspectDistribution(this.#connections, { reference: parseReference(name), auth, signal });
  }

  login(auth: RegistryAuth, signal: AbortSignal): Promise<string | undefined> {
    return checkLogin(this.#connections, auth, signal);
  }
}
