// The published ports of all running containers: held before a start (a port that is taken is an error before anything runs), led
// to where the container is by rules and, where rules do not reach, by a proxy for each; closed at its end.
import type { PortBinding } from '../../types/container-config.ts';
import { messageOf } from '../../util/errors.ts';
import { formatAddress, type Ip } from '../address.ts';
import type { Translation } from '../nftables/published.ts';
import { KeptProxy } from './kept-proxy.ts';
import { type ProxyNative, startProxy } from './proxies.ts';
import { type HeldPort, holdPorts, type PortHolder, releasePorts } from './reserve.ts';
import { keyOf, type WantedPort } from './wanted.ts';

/** The firewall as ports need it. */
export interface Translator {
  publish(translations: readonly Translation[]): void;
  withdraw(translations: readonly Translation[]): void;
}

export interface PublishedPortsOptions {
  readonly native: ProxyNative;
  readonly holder: PortHolder;
  readonly translator: Translator;
  /** --userland-proxy. */
  readonly proxies: boolean;
  readonly warn: (message: string) => void;
}

/** Where a container is found from outside; both undefined: nowhere. */
export interface PortTarget {
  readonly address: Ip | undefined;
  readonly address6: Ip | undefined;
}

/** A port that leads somewhere. */
interface LedPort {
  readonly held: HeldPort;
  readonly translation: Translation | undefined;
  readonly proxy: KeptProxy | undefined;
}

interface Publication {
  readonly held: readonly HeldPort[];
  readonly led: readonly LedPort[];
  readonly target: PortTarget;
}

/** Of the shape of HostConfig.PortBindings: what inspect shows of a running container. */
export type Bindings = Readonly<Record<string, readonly PortBinding[]>>;

const NOWHERE: PortTarget = { address: undefined, address6: undefined };
const NOTHING: Publication = { held: [], led: [], target: NOWHERE };

export class PublishedPorts {
  readonly #options: PublishedPortsOptions;
  /** By container. */
  readonly #publications = new Map<string, Publication>();
  /** Proxies that were told to end and still have the sockets of their ports. */
  readonly #ending = new Set<Promise<void>>();

  constructor(options: PublishedPortsOptions) {
    this.#options = options;
  }

  /** Holds more ports and leads them where the others lead. All or nothing; answers all that the container has. */
  publish(containerId: string, wanted: readonly WantedPort[]): Bindings {
    const before = this.#of(containerId);
    if (wanted.length === 0) return bindingsOf(before.held);
    const held = holdPorts(this.#options.holder, wanted);
    try {
      const led = this.#lead(held, before.target);
      this.#publications.set(containerId, { ...before, held: [...before.held, ...held], led: [...before.led, ...led] });
    } catch (error) {
      releasePorts(this.#options.holder, held);
      throw error;
    }
    return this.bindings(containerId);
  }

  /** The container is there from now on. */
  aim(containerId: string, target: PortTarget): void {
    const { held, led, target: before } = this.#of(containerId);
    if (isSame(before.address, target.address) && isSame(before.address6, target.address6)) return;
    this.#unlead(led);
    this.#publications.set(containerId, { held, led: [], target });
    this.#publications.set(containerId, { held, led: this.#lead(held, target), target });
  }

  /** Gives up those that are meant; answers what it still has. */
  withdraw(containerId: string, isMeant: (port: HeldPort) => boolean): Bindings {
    const { held, led, target } = this.#of(containerId);
    this.#unlead(led.filter((one) => isMeant(one.held)));
    this.#publications.set(containerId, {
      held: held.filter((one) => !isMeant(one)),
      led: led.filter((one) => !isMeant(one.held)),
      target,
    });
    releasePorts(this.#options.holder, held.filter(isMeant));
    return this.bindings(containerId);
  }

  /** All that a container has; nothing when it has none. */
  close(containerId: string): void {
    const { held, led } = this.#of(containerId);
    this.#publications.delete(containerId);
    this.#unlead(led);
    releasePorts(this.#options.holder, held);
  }

  /** Resolves when the ports given up so far can be had again: a proxy holds its own until it is gone. */
  async settled(): Promise<void> {
    await Promise.all(this.#ending);
  }

  bindings(containerId: string): Bindings {
    return bindingsOf(this.#of(containerId).held);
  }

  #of(containerId: string): Publication {
    return this.#publications.get(containerId) ?? NOTHING;
  }

  #lead(held: readonly HeldPort[], target: PortTarget): LedPort[] {
    const led: LedPort[] = [];
    try {
      for (const port of held) led.push(this.#leadOne(port, target));
      const translations = translationsOf(led);
      if (translations.length > 0) this.#options.translator.publish(translations);
      return led;
    } catch (error) {
      this.#endProxies(led);
      throw error;
    }
  }

  #leadOne(held: HeldPort, target: PortTarget): LedPort {
    const { native, proxies, warn } = this.#options;
    const inside = goalOf(held, target);
    if (inside === undefined) return { held, translation: undefined, proxy: undefined };
    const port = `${held.hostPort}/${held.protocol}`;
    const start = () => startProxy(native, { port: held, target: inside });
    const proxy = proxies ? new KeptProxy({ port, start, warn }) : undefined;
    return { held, translation: translate(held, inside), proxy };
  }

  #unlead(led: readonly LedPort[]): void {
    const translations = translationsOf(led);
    if (translations.length > 0) this.#options.translator.withdraw(translations);
    this.#endProxies(led);
  }

  #endProxies(led: readonly LedPort[]): void {
    for (const { held, proxy } of led) {
      if (proxy === undefined) continue;
      const ending = proxy
        .end()
        .catch((error: unknown) => {
          this.#options.warn(`the proxy of port ${held.hostPort} did not end: ${messageOf(error)}`);
        })
        .finally(() => this.#ending.delete(ending));
      this.#ending.add(ending);
    }
  }
}

function isSame(one: Ip | undefined, other: Ip | undefined): boolean {
  return one?.family === other?.family && one?.value === other?.value;
}

/** Of the port's own family where the container has an address of it; a proxy also leads from one to the other. */
function goalOf({ hostAddress }: HeldPort, { address, address6 }: PortTarget): Ip | undefined {
  return hostAddress.family === 6 ? (address6 ?? address) : (address ?? address6);
}

/** Rules do not change a packet's family. */
function translate({ hostAddress, hostPort, protocol, containerPort }: HeldPort, target: Ip): Translation | undefined {
  if (hostAddress.family !== target.family) return undefined;
  return {
    hostAddress: hostAddress.value === 0n ? undefined : hostAddress,
    hostPort,
    protocol,
    target,
    targetPort: containerPort,
  };
}

function translationsOf(led: readonly LedPort[]): Translation[] {
  return led.flatMap(({ translation }) => (translation === undefined ? [] : [translation]));
}

function bindingsOf(held: readonly HeldPort[]): Bindings {
  const bindings: Record<string, PortBinding[]> = {};
  for (const one of held) {
    const list = bindings[keyOf(one)] ?? [];
    list.push({ HostIp: formatAddress(one.hostAddress), HostPort: String(one.hostPort) });
    bindings[keyOf(one)] = list;
  }
  return bindings;
}
