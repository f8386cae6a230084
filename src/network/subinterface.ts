// macvlan and ipvlan networks: each container has an interface of its own on top of one of the host's, and is a neighbour of the
// host's neighbours. The host itself is none of them: the kernel lets a parent and what is on it not talk to each other.
import { ERRNO } from '../native/errno.ts';
import type { Ledger } from '../store/ledger.ts';
import { TskerError } from '../util/errors.ts';
import { networkOwner } from './bridge-link.ts';
import { hasErrno, type Kernel, routeOp } from './kernel.ts';
import { createDummy, createSubinterface, createVlan, deleteLink } from './netlink/link.ts';
import type { Driver, Link, LinkRequest } from './network.ts';
import type { NetworkRecord } from './records.ts';
import { parseSubinterfaceOptions, type SubinterfaceOptions } from './subinterface-options.ts';

export interface SubinterfaceDriverOptions {
  readonly kernel: Kernel;
  readonly ledger: Pick<Ledger, 'record' | 'undo'>;
}

export class SubinterfaceDriver implements Driver {
  readonly #options: SubinterfaceDriverOptions;
  /** Index of the parent, by network id. */
  readonly #parents = new Map<string, number>();

  constructor(options: SubinterfaceDriverOptions) {
    this.#options = options;
  }

  /** Throws `invalid` when there is no such parent, `unsupported` when the kernel lacks the kind. */
  up(network: NetworkRecord): void {
    const options = optionsOf(network);
    const name = options.parent ?? `dm-${network.id.slice(0, 12)}`;
    this.#parents.set(network.id, this.#find(name) ?? this.#make(network, name, options));
  }

  async down(network: NetworkRecord): Promise<void> {
    this.#parents.delete(network.id);
    await this.#options.ledger.undo(networkOwner(network.id));
  }

  prefix(): string {
    return 'eth';
  }

  link({ network, interfaceName, index, mac }: LinkRequest): Link {
    const parent = this.#parents.get(network.id);
    if (parent === undefined) throw new Error(`the parent interface of network ${network.name} is not there`);
    const { kind, mode, mtu, layer3 } = optionsOf(network);
    const request = { kind, mode, parent, name: interfaceName, index, mtu };
    return {
      layer3,
      hostName: undefined,
      make: (namespace) => [createSubinterface({ ...request, namespace, mac: kind === 'macvlan' ? mac : undefined })],
    };
  }

  #find(name: string): number | undefined {
    return this.#options.kernel.links().find((link) => link.name === name)?.index;
  }

  /** A VLAN by its name (`eth0.10`), or, without a parent, an interface that leads nowhere. */
  #make(network: NetworkRecord, name: string, { parent }: SubinterfaceOptions): number {
    const { kernel, ledger } = this.#options;
    const request = parent === undefined ? createDummy(name) : this.#vlan(parent);
    ledger.record(networkOwner(network.id), 'link', name, [{ ...routeOp([deleteLink(name)]), tolerate: ERRNO.ENODEV }]);
    try {
      kernel.route(request);
    } catch (error) {
      if (!hasErrno(error, 'EOPNOTSUPP')) throw error;
      const kind = parent === undefined ? 'dummy interfaces' : 'VLANs';
      throw new TskerError(
        'unsupported',
        `the kernel has no ${kind}: give network ${network.name} a parent that is there`,
        {
          cause: error,
        },
      );
    }
    const index = this.#find(name);
    if (index === undefined) throw new TskerError('internal', `interface ${name} vanished while it was being made`);
    return index;
  }

  #vlan(name: string): Buffer {
    const [, below = '', id = ''] = /^(.+)\.(\d{1,4})$/.exec(name) ?? [];
    const parent = this.#find(below);
    if (parent === undefined || Number(id) < 1 || Number(id) > 4094) {
      throw new TskerError('invalid', `invalid subinterface vlan name ${name}, example formatting is eth0.10`);
    }
    return createVlan({ name, parent, id: Number(id) });
  }
}

function optionsOf({ driver, definition }: NetworkRecord): SubinterfaceOptions {
  return parseSubinterfaceOptions(driver, definition.options);
}
