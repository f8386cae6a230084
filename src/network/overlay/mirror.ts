// What the store has, as far as this host knows: networks, who is on them, whose their addresses are. Pure; it is told of changes
// by the watch, and of our own before that.
import type { NetworkRecord } from '../records.ts';
import { type Claim, type EndpointDocument, type Keys, parseClaim, parseEndpoint, parseNetwork } from './documents.ts';
import type { StoredKey, StoreEvent } from './etcd-messages.ts';

export class Mirror {
  readonly #keys: Keys;
  readonly #networks = new Map<string, NetworkRecord>();
  /** By network, then by endpoint. */
  readonly #endpoints = new Map<string, Map<string, EndpointDocument>>();
  /** By network, then by address. */
  readonly #claims = new Map<string, Map<string, Claim>>();

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  networks(): NetworkRecord[] {
    return [...this.#networks.values()];
  }

  network(id: string): NetworkRecord | undefined {
    return this.#networks.get(id);
  }

  endpoints(networkId: string): EndpointDocument[] {
    return [...(this.#endpoints.get(networkId)?.values() ?? [])];
  }

  claim(networkId: string, address: string): Claim | undefined {
    return this.#claims.get(networkId)?.get(address);
  }

  /** Everything anew; the networks that there are or were. */
  reset(entries: readonly StoredKey[]): Set<string> {
    const touched = new Set([...this.#networks.keys(), ...this.#endpoints.keys()]);
    for (const map of [this.#networks, this.#endpoints, this.#claims]) map.clear();
    for (const id of this.apply(entries.map((entry) => ({ kind: 'put', entry })))) touched.add(id);
    return touched;
  }

  /** The networks of which something changed that others see: themselves or their endpoints. */
  apply(events: readonly StoreEvent[]): Set<string> {
    const touched = new Set<string>();
    for (const event of events) {
      const place = this.#keys.parse(event.kind === 'put' ? event.entry.key : event.key);
      if (place === undefined) continue;
      const { kind, networkId, item } = place;
      const value = event.kind === 'put' ? event.entry.value : undefined;
      if (kind === 'networks')
        set(this.#networks, networkId, value === undefined ? undefined : parseNetwork(networkId, value));
      else if (kind === 'endpoints') {
        setBelow(
          this.#endpoints,
          [networkId, item],
          value === undefined ? undefined : parseEndpoint(networkId, item, value),
        );
      } else if (kind === 'addresses') {
        setBelow(this.#claims, [networkId, item], value === undefined ? undefined : parseClaim(item, value));
      }
      if (kind !== 'addresses') touched.add(networkId);
    }
    return touched;
  }
}

function set<T>(map: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

function setBelow<T>(
  maps: Map<string, Map<string, T>>,
  [outer, inner]: readonly [string, string],
  value: T | undefined,
): void {
  const map = maps.get(outer) ?? new Map<string, T>();
  set(map, inner, value);
  set(maps, outer, map.size === 0 ? undefined : map);
}
