// docker update has no ports; tsker's publishes and withdraws them while a container runs. What comes new is held before what is
// to go is given up, so that a port that cannot be had changes nothing.
import type { NetworkService } from '../../network/network.ts';
import type { Bindings } from '../../network/ports/published.ts';
import { keyOf, parsePort, type WantedPort, wantedPorts } from '../../network/ports/wanted.ts';
import type { UpdateRequest } from '../../types/container.ts';
import type { HostConfig, PortBinding } from '../../types/container-config.ts';
import { TskerError } from '../../util/errors.ts';
import type { Container } from './container.ts';
import { joinedReference } from './joined.ts';
import { isAlive } from './state.ts';

type PortMap = Readonly<Record<string, readonly PortBinding[] | null>>;

export interface PortsUpdate {
  readonly hostConfig: Pick<HostConfig, 'PortBindings'>;
  /** Of a running container. */
  readonly ports?: Bindings;
}

/** Undefined when the request is not about ports. Throws not_found for a port that is not published. */
export function updatePorts(
  network: Pick<NetworkService, 'publish' | 'withdraw'>,
  { id, record }: Container,
  { PublishAdd: added = {}, PublishRemove: removed = [] }: UpdateRequest,
): PortsUpdate | undefined {
  const wanted = wantedPorts({ bindings: added, exposed: [], all: false });
  if (wanted.length === 0 && removed.length === 0) return undefined;
  const { NetworkMode: mode, PortBindings: before } = record.hostConfig;
  if (mode === 'host' || mode === 'none' || joinedReference(mode) !== undefined) {
    throw new TskerError('invalid', `ports cannot be published with network mode ${mode}`);
  }
  const gone = removed.map(parseRemoval);
  const running = isAlive(record.state.status);
  const present = running ? (record.ports ?? {}) : (before ?? {});
  for (const one of gone) requirePublished(present, one);
  const hostConfig = { PortBindings: addTo(without(before ?? {}, gone), added) };
  if (!running) return { hostConfig };
  network.publish(id, wanted);
  const ports = network.withdraw(
    id,
    (port) =>
      gone.some((one) => isMeant(one, { key: keyOf(port), hostPort: String(port.hostPort) })) && !isNew(wanted, port),
  );
  return { hostConfig, ports };
}

/** `8080` (a port of the host), `8080:80`, `:80/udp` (whatever leads to it). */
interface Removal {
  readonly text: string;
  readonly hostPort: string | undefined;
  readonly key: string | undefined;
}

function parseRemoval(text: string): Removal {
  const parts = /^(\d{0,5})(?::(\d{1,5}(?:\/[a-z]+)?))?$/i.exec(text);
  const [, hostPort = '', inside] = parts ?? [];
  if (parts === null || (hostPort === '' && inside === undefined)) {
    throw new TskerError('invalid', `invalid port specification: "${text}"`, {
      hint: 'it is HOST, HOST:CONTAINER or :CONTAINER[/PROTOCOL]',
    });
  }
  return {
    text,
    hostPort: hostPort === '' ? undefined : hostPort,
    key: inside === undefined ? undefined : keyOf(parsePort(inside)),
  };
}

function isMeant(removal: Removal, port: { readonly key: string; readonly hostPort: string }): boolean {
  return (
    (removal.hostPort === undefined || removal.hostPort === port.hostPort) &&
    (removal.key === undefined || removal.key === port.key)
  );
}

/** What the same request publishes stays: `--publish-rm 8080 --publish-add 8081:80`. */
function isNew(wanted: readonly WantedPort[], port: { readonly hostPort: number }): boolean {
  return wanted.some(({ hostPorts }) => hostPorts !== undefined && hostPorts.first === port.hostPort);
}

function requirePublished(present: PortMap, removal: Removal): void {
  const found = Object.entries(present).some(([key, bindings]) =>
    (bindings ?? []).some(({ HostPort }) => isMeant(removal, { key, hostPort: HostPort })),
  );
  if (!found) throw new TskerError('not_found', `no port '${removal.text}' is published`);
}

function without(bindings: PortMap, gone: readonly Removal[]): PortMap {
  const left = Object.entries(bindings).map(([key, list]): [string, readonly PortBinding[]] => [
    key,
    (list ?? []).filter(({ HostPort }) => !gone.some((one) => isMeant(one, { key, hostPort: HostPort }))),
  ]);
  return Object.fromEntries(left.filter(([, list]) => list.length > 0));
}

function addTo(bindings: PortMap, added: PortMap): PortMap {
  const all: Record<string, readonly PortBinding[] | null> = { ...bindings };
  for (const [key, list] of Object.entries(added)) all[key] = [...(all[key] ?? []), ...(list ?? [])];
  return all;
}
