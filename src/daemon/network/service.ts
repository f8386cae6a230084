// The network verbs behind the API. It decides nothing.
import type { NetworkBackend } from '../../api/network/backend.ts';
import { type ConnectDependencies, connectNetwork } from './connect.ts';
import { type CreateDependencies, createNetwork } from './create.ts';
import { disconnectNetwork } from './disconnect.ts';
import { type InspectDependencies, inspectNetwork } from './inspect.ts';
import { type ListDependencies, listNetworks } from './list.ts';
import { type PruneDependencies, pruneNetworks } from './prune.ts';
import { removeNetwork } from './remove.ts';

export type NetworkDependencies = ConnectDependencies &
  CreateDependencies &
  InspectDependencies &
  ListDependencies &
  PruneDependencies;

export function networkService(dependencies: NetworkDependencies): NetworkBackend {
  return {
    listNetworks: (filters) => listNetworks(dependencies, filters),
    inspectNetwork: (reference, options) => inspectNetwork(dependencies, reference, options),
    createNetwork: (request) => createNetwork(dependencies, request),
    connectNetwork: (reference, request) => connectNetwork(dependencies, reference, request),
    disconnectNetwork: (reference, request) => disconnectNetwork(dependencies, reference, request),
    removeNetwork: (reference) => removeNetwork(dependencies, reference),
    pruneNetworks: (filters) => pruneNetworks(dependencies, filters),
  };
}
