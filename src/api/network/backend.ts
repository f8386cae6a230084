// What the network routes need of the engine. Types only.
import type {
  NetworkConnectRequest,
  NetworkCreateRequest,
  NetworkCreateResponse,
  NetworkDisconnectRequest,
  NetworkResource,
  NetworksPruneResponse,
} from '../../types/network.ts';
import type { Filters } from '../filters.ts';

export interface NetworkBackend {
  listNetworks(filters: Filters): NetworkResource[];
  /** By name, id or unique prefix of an id; throws not_found with Docker's `network x not found`. */
  inspectNetwork(reference: string, options: { readonly scope: string | undefined }): NetworkResource;
  createNetwork(request: NetworkCreateRequest): Promise<NetworkCreateResponse>;
  connectNetwork(reference: string, request: NetworkConnectRequest): Promise<void>;
  disconnectNetwork(reference: string, request: NetworkDisconnectRequest): Promise<void>;
  removeNetwork(reference: string): Promise<void>;
  pruneNetworks(filters: Filters): Promise<NetworksPruneResponse>;
}
