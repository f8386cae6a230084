// Networks of all hosts, made and removed in the store: no two hosts make the same name, subnet or VNI at once, and none is removed
// on which somebody is, or is about to be, anywhere.
import { randomBytes } from 'node:crypto';
import { TskerError } from '../../util/errors.ts';
import type { NetworkRequest } from '../definition.ts';
import type { NetworkDefinition, NetworkRecord } from '../records.ts';
import type { Cluster } from './cluster.ts';
import { checkOverlayOptions, withVni } from './definition.ts';
import { parseNetwork } from './documents.ts';

/** Completes a request when these are there already. */
export type Complete = (request: NetworkRequest, others: readonly NetworkRecord[]) => NetworkDefinition;

/** How often others may be faster. */
const ATTEMPTS = 20;

export class GlobalNetworks {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Throws `conflict` when any host has made the name, and what `complete` throws. */
  async create(request: NetworkRequest, complete: Complete): Promise<NetworkRecord> {
    checkOverlayOptions(request.options);
    const { etcd, keys } = this.#cluster;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const seen = await this.#read();
      const network = this.#complete(request, complete, seen.networks);
      const value = JSON.stringify(network);
      const written = await etcd.commit(
        [{ kind: 'unchanged', key: keys.creation, revision: seen.revision }],
        [
          { kind: 'put', key: keys.creation, value: network.id },
          { kind: 'put', key: keys.network(network.id), value },
        ],
      );
      if (written) return network;
    }
    throw new TskerError(
      'unavailable',
      `network ${request.name} could not be made: other hosts are making networks all the time`,
    );
  }

  /** Throws `forbidden` in Docker's words for one that is in use. */
  async remove({ id, name }: NetworkRecord): Promise<void> {
    const { etcd, keys } = this.#cluster;
    const removed = await etcd.commit(
      [
        { kind: 'nothing below', key: keys.endpoints(id) },
        { kind: 'nothing below', key: keys.addresses(id) },
      ],
      [{ kind: 'delete', key: keys.network(id) }],
    );
    if (removed) return;
    throw new TskerError('forbidden', `error while removing network: network ${name} id ${id} has active endpoints`, {
      hint: 'on this host or on another; a host that went without a word counts for an hour',
    });
  }

  /** In this order: what is made between the two is noticed by the transaction. */
  async #read(): Promise<{ networks: NetworkRecord[]; revision: string }> {
    const { etcd, keys } = this.#cluster;
    const creation = (await etcd.range(keys.creation)).entries.find(({ key }) => key === keys.creation);
    const { entries } = await etcd.range(keys.network(''));
    const networks = entries.flatMap(({ key, value }) => parseNetwork(keys.parse(key)?.networkId ?? '', value) ?? []);
    return { networks, revision: creation?.revision ?? '0' };
  }

  #complete(request: NetworkRequest, complete: Complete, others: readonly NetworkRecord[]): NetworkRecord {
    if (others.some(({ name }) => name === request.name)) {
      throw new TskerError('conflict', `network with name ${request.name} already exists`);
    }
    const options = withVni(request.options, others);
    return {
      id: randomBytes(32).toString('hex'),
      name: request.name,
      driver: request.driver,
      created: new Date().toISOString(),
      definition: complete({ ...request, options }, others),
    };
  }
}
