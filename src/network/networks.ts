// Answers the daemon: which endpoints a container gets and what makes them, which networks there are, what stands in a container's
// files. It asks the parts; it speaks to no kernel itself.
import type { Op } from '../native/ops.ts';
import type { NetworkSlots } from '../runtime/runtime.ts';
import { TskerError } from '../util/errors.ts';
import { parseAddress } from './address.ts';
import { BUILT_IN } from './catalog.ts';
import { hostNameServers, hostsFile, resolvConf } from './container-files.ts';
import type { NetworkRequest } from './definition.ts';
import type { NameServers } from './dns/server.ts';
import { forgetNameServer, nameServerOps, nameServerPort, SOCKETS } from './dns/setup.ts';
import { EndpointPlanner, memberOf, type PlannerOptions } from './endpoint-planner.ts';
import { endpointWithoutAddress, needsPreparation, type PlannedEndpoint, prepareEndpoint } from './endpoints.ts';
import type { Firewall } from './firewall.ts';
import { GATEWAY_NETWORK, GATEWAY_REQUEST, withoutIdleGateway } from './gateway-network.ts';
import type { HostFiles } from './host-files.ts';
import type { Kernel } from './kernel.ts';
import type { LinkedPort, LinkedPorts } from './linked-ports.ts';
import type {
  Attachment,
  AttachRequest,
  Change,
  ConnectRequest,
  DisconnectRequest,
  DistantEndpoint,
  Endpoint,
  HostsFileRequest,
  NetworkService,
  ReserveRequest,
  ResolvConfRequest,
  RestoreRequest,
} from './network.ts';
import type { Overlay } from './overlay/overlay.ts';
import type { Bindings, PortTarget, PublishedPorts } from './ports/published.ts';
import type { HeldPort } from './ports/reserve.ts';
import { type WantedPort, wantedPorts } from './ports/wanted.ts';
import type { NetworkRecord } from './records.ts';
import { addEndpoints, gatewayEndpoint, removeEndpoints, setUpNamespace } from './setup.ts';

export interface NetworksOptions extends PlannerOptions {
  /** Networks of all hosts; undefined: the daemon is in no cluster. */
  readonly overlay: Overlay | undefined;
  readonly firewall: Firewall;
  /** Its own until the end. */
  readonly kernel: Pick<Kernel, 'close'>;
  /** Undefined: containers on the default bridge reach each other anyway, or there is none. */
  readonly linkedPorts: LinkedPorts | undefined;
  readonly files: HostFiles;
  readonly nameServers: NameServers;
  readonly ports: PublishedPorts;
  /** The kernel translates addresses: the embedded server's port 53 stays free for the container. */
  readonly nat: boolean;
}

export class Networks implements NetworkService {
  readonly #options: NetworksOptions;
  readonly #planner: EndpointPlanner;
  /** docker_gwbridge, while it is being made. */
  #making: Promise<unknown> | undefined;

  constructor(options: NetworksOptions) {
    this.#options = options;
    this.#planner = new EndpointPlanner(options);
  }

  reserve({ containerId, mode, endpoints }: ReserveRequest): Promise<void> | undefined {
    const { reservations } = this.#options;
    const configs = this.#planner.configsFor(mode, endpoints);
    const networks = configs.map((config) => ({ config, network: this.#planner.find(config.network) }));
    const concerned = networks.filter(({ network }) => reservations.concerns(network));
    if (concerned.length === 0) return undefined;
    const reserveAll = async (): Promise<void> => {
      const isGlobal = concerned.some(({ network }) => network.definition.scope === 'global');
      if (isGlobal) await this.#requireGateway();
      try {
        for (const { config, network } of concerned) await reservations.reserve(network, config, containerId);
      } catch (error) {
        this.#planner.release(containerId);
        throw error;
      }
    };
    return reserveAll();
  }

  attach(request: AttachRequest): Attachment {
    const first = this.#planner.find(request.mode);
    if (first.driver === 'host')
      return { namespace: 'host', setup: () => [], sockets: 0, endpoints: [endpointWithoutAddress(first)], ports: {} };
    const planned = this.#planAll(request);
    for (const { link } of planned) {
      // Nothing to undo: the pair dies with the container's namespace, and deleting it would hold RTNL for 10-30 ms.
      if (link?.hostName !== undefined) request.effects.record('veth', link.hostName, []);
    }
    const endpoints = planned.map(({ endpoint }) => endpoint);
    const server = needsNameServer(endpoints) ? this.#nameServer(request) : NO_SERVER;
    const ports = this.#publishAll(request, endpoints);
    const attachment = (all: readonly PlannedEndpoint[]): Attachment => ({
      namespace: 'new',
      endpoints: all.map(({ endpoint }) => endpoint),
      ports,
      sockets: server.sockets,
      setup: (slots) => [...setUpNamespace(all, slots), ...server.setup(slots)],
    });
    if (!planned.some(needsPreparation)) return attachment(planned);
    return { ...attachment(planned), prepare: async () => attachment(await Promise.all(planned.map(prepareEndpoint))) };
  }

  serve(containerId: string, sockets: readonly number[]): void {
    this.#options.nameServers.serve(containerId, sockets);
  }

  restore(request: RestoreRequest): Pick<Change, 'setup' | 'sockets'> {
    const { directory, catalog, ports } = this.#options;
    const { containerId, name, endpoints } = request;
    catalog.remote?.recall(containerId, endpoints, (driver) => catalog.isRemote(driver));
    for (const endpoint of endpoints.filter(({ gatewayOnly, dnsNames }) => gatewayOnly !== true && dnsNames)) {
      const config = request.configs.find(({ network }) => this.#planner.find(network).id === endpoint.networkId);
      directory.add(memberOf(endpoint, { containerId, name, links: config?.links ?? [] }));
    }
    const target = portTarget(endpoints);
    const wanted = wantedPorts({ bindings: request.ports, exposed: [], all: false });
    if (wanted.length > 0) {
      ports.aim(containerId, target);
      ports.publish(containerId, wanted);
    }
    if (!needsNameServer(endpoints)) return NO_RESTORE;
    const server = this.#nameServer(request);
    // The port it was on is nobody's any more.
    return { sockets: server.sockets, setup: (slots) => [forgetNameServer(), ...server.setup(slots)] };
  }

  detach(containerId: string): void {
    const { directory, nameServers, ports, linkedPorts } = this.#options;
    ports.close(containerId);
    linkedPorts?.remove(containerId);
    nameServers.end(containerId);
    directory.remove(containerId);
    this.#planner.release(containerId);
    this.#options.catalog.remote?.leave(containerId);
  }

  recall(containerId: string, endpoints: readonly Endpoint[]): void {
    const { catalog } = this.#options;
    catalog.remote?.recall(containerId, endpoints, (driver) => catalog.isRemote(driver));
  }

  connect(request: ConnectRequest): Change {
    const before = request.endpoints;
    const planned = this.#planner.plan(request, [request.config], before);
    for (const { link } of planned) {
      if (link?.hostName !== undefined) request.effects.record('veth', link.hostName, []);
    }
    const isFirst = needsNameServer(planned.map(({ endpoint }) => endpoint)) && !needsNameServer(before);
    const server = isFirst ? this.#nameServer(request) : NO_SERVER;
    const change = (all: readonly PlannedEndpoint[]): Change => ({
      endpoints: [...before, ...all.map(({ endpoint }) => endpoint)],
      sockets: server.sockets,
      setup: (slots) => [...addEndpoints(all, before, slots), ...server.setup(slots)],
    });
    if (!planned.some(needsPreparation)) return change(planned);
    return { ...change(planned), prepare: async () => change(await Promise.all(planned.map(prepareEndpoint))) };
  }

  disconnect({ networkId, endpoints: before }: DisconnectRequest): Change {
    const after = withoutIdleGateway(before.filter((endpoint) => endpoint.networkId !== networkId));
    return { endpoints: after, sockets: 0, setup: () => removeEndpoints(before, after) };
  }

  leave(containerId: string, networkId: string): void {
    const { directory, catalog } = this.#options;
    directory.remove(containerId, networkId);
    this.#planner.release(containerId, networkId);
    catalog.remote?.leave(containerId, networkId);
    const stays = directory.membersOf(containerId).some((member) => this.#isGlobal(member.networkId));
    const gateway = catalog.list().find(({ name }) => name === GATEWAY_NETWORK);
    const isNamed = directory.membersOf(containerId).some((member) => member.networkId === gateway?.id);
    if (gateway !== undefined && !stays && !isNamed) this.#options.addresses.release(containerId, gateway.id);
  }

  link(containerId: string, ports: readonly LinkedPort[]): void {
    this.#options.linkedPorts?.put(containerId, ports);
  }

  redirect(containerId: string, endpoints: readonly Endpoint[]): void {
    this.#options.ports.aim(containerId, portTarget(endpoints));
  }

  publish(containerId: string, wanted: readonly WantedPort[]): Bindings {
    return this.#options.ports.publish(containerId, wanted);
  }

  withdraw(containerId: string, isMeant: (port: HeldPort) => boolean): Bindings {
    return this.#options.ports.withdraw(containerId, isMeant);
  }

  portsSettled(): Promise<void> {
    return this.#options.ports.settled();
  }

  rename(containerId: string, name: string): void {
    this.#options.directory.rename(containerId, name);
    this.#options.overlay?.rename(containerId, name);
  }

  create(request: NetworkRequest): Promise<NetworkRecord> {
    return this.#options.catalog.create(request);
  }

  remove(network: NetworkRecord): Promise<void> {
    return this.#options.catalog.remove(network);
  }

  isUsed(network: NetworkRecord): boolean {
    return this.#options.directory.hasMembers(network.id);
  }

  endpointsElsewhere(network: NetworkRecord): readonly DistantEndpoint[] {
    return this.#options.overlay?.endpointsElsewhere(network.id) ?? [];
  }

  async ready(): Promise<void> {
    await this.#options.overlay?.ready();
  }

  find(reference: string): NetworkRecord {
    return this.#options.catalog.find(reference);
  }

  list(): readonly NetworkRecord[] {
    return this.#options.catalog.list();
  }

  hostsFile(request: HostsFileRequest): string {
    return hostsFile(this.#options.files, request);
  }

  resolvConf(request: ResolvConfRequest): string {
    return resolvConf(this.#options.files, { ...request, served: needsNameServer(request.endpoints) });
  }

  async close(): Promise<void> {
    await this.leaveRunning();
    await this.#options.catalog.close();
    this.#options.kernel.close();
  }

  async leaveRunning(): Promise<void> {
    this.#options.firewall.close();
    this.#options.nameServers.close();
    await this.#options.overlay?.close();
  }

  #isGlobal(networkId: string): boolean {
    return this.#options.catalog.list().some(({ id, definition }) => id === networkId && definition.scope === 'global');
  }

  /** The way out of overlay networks is there before anybody needs it. */
  async #requireGateway(): Promise<void> {
    const { catalog } = this.#options;
    if (catalog.list().some(({ name }) => name === GATEWAY_NETWORK)) return;
    this.#making ??= catalog.create(GATEWAY_REQUEST).finally(() => {
      this.#making = undefined;
    });
    await this.#making;
  }

  /** All or none: what was taken is given back when one cannot be had. */
  #planAll(request: AttachRequest): readonly PlannedEndpoint[] {
    try {
      return this.#planner.plan(request, this.#planner.configsFor(request.mode, request.endpoints), []);
    } catch (error) {
      this.detach(request.containerId);
      throw error;
    }
  }

  /** Before anything starts; a port that cannot be had is the end of the attempt. */
  #publishAll({ containerId, name, ports: wanted }: AttachRequest, endpoints: readonly Endpoint[]): Bindings {
    const { ports } = this.#options;
    const target = portTarget(endpoints);
    if (target.address === undefined && target.address6 === undefined) return {};
    try {
      ports.aim(containerId, target);
      return ports.publish(containerId, wanted);
    } catch (error) {
      this.detach(containerId);
      if (!(error instanceof TskerError)) throw error;
      const where = `endpoint ${name} (${endpoints[0]?.endpointId})`;
      const message = `driver failed programming external connectivity on ${where}: ${error.message}`;
      throw new TskerError(error.code, message, {
        cause: error,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      });
    }
  }

  #nameServer({ containerId, dns }: { readonly containerId: string; readonly dns: readonly string[] }): {
    readonly sockets: number;
    readonly setup: (slots: NetworkSlots) => readonly Op[];
  } {
    const { nameServers, nat, files } = this.#options;
    nameServers.prepare(containerId, dns.length > 0 ? dns : hostNameServers(files));
    const port = nameServerPort(nat);
    return { sockets: SOCKETS, setup: (slots) => nameServerOps(port, slots.sockets) };
  }
}

const NO_RESTORE = { sockets: 0, setup: (): readonly Op[] => [] };

const NO_SERVER = { sockets: 0, setup: (): readonly Op[] => [] };

/** Names are answered on networks that were created; the default bridge has none, as with Docker. */
function needsNameServer(endpoints: readonly Endpoint[]): boolean {
  return endpoints.some(({ networkName }) => !BUILT_IN.includes(networkName));
}

/** Ports are published where the default route is, as long as that is a bridge: the host is the way there. */
function portTarget(endpoints: readonly Endpoint[]): PortTarget {
  const bridges = endpoints.filter(({ driver }) => driver === 'bridge');
  const [v4, v6] = [gatewayEndpoint(bridges, 4), gatewayEndpoint(bridges, 6)];
  return {
    address: v4 === undefined ? undefined : parseAddress(v4.address),
    address6: v6?.address6 === undefined ? undefined : parseAddress(v6.address6),
  };
}
