// What the network routes need of the engine. Types only.
import type { NetworkResource } from '../../types/system.ts';
import type { Filters } from '../filters.ts';

export interface NetworkBackend {
  listNetworks(filters: Filters): NetworkResource[];
  /** By name, id or unique prefix of an id; throws not_found with Docker's `network x not found`. */
  inspectNetwork(reference: string): NetworkResource;
}
