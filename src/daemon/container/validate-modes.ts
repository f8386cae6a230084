// Which namespaces a container may have, and what does not go with those of others (moby runconfig/hostconfig_unix.go), in
// Docker's words. Pure.
import type { CreateRequest } from '../../types/container.ts';
import type { HostConfig } from '../../types/container-config.ts';
import { TskerError } from '../../util/errors.ts';
import { joinedReference } from './joined.ts';

/** Throws `invalid` for a mode there is not. */
export function validateModes(host: HostConfig): void {
  checkMode('IPC', host.IpcMode, ['private', 'shareable', 'host', 'none', 'container']);
  if (joinedReference(host.NetworkMode) === '') {
    refuse('Invalid network mode: invalid container format container:<name|id>');
  }
  checkMode('PID', host.PidMode, ['', 'host', 'container']);
  checkMode('UTS', host.UTSMode, ['', 'host']);
  checkMode('userns', host.UsernsMode, ['', 'host']);
  checkMode('cgroup namespace', host.CgroupnsMode, ['private', 'host']);
  if (!['', 'default'].includes(host.Isolation)) {
    refuse(`Invalid isolation: ${JSON.stringify(host.Isolation)} - linux only supports 'default'`);
  }
}

function checkMode(what: string, mode: string, known: readonly string[]): void {
  const joined = joinedReference(mode);
  if (joined === undefined ? known.includes(mode) : joined !== '' && known.includes('container')) return;
  refuse(`invalid ${what} mode: ${mode}`);
}

/** What belongs to the host's user namespace cannot be had from another (moby daemon_unix.go). */
export function checkUserNamespace(host: HostConfig, remapped: boolean): void {
  if (!remapped) return;
  if (host.Privileged) {
    refuse(
      'privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode',
    );
  }
  if (host.NetworkMode === 'host') {
    refuse("cannot share the host's network namespace when user namespaces are enabled");
  }
  if (host.PidMode === 'host') refuse('cannot share the host PID namespace when user namespaces are enabled');
}

/** By what the client sent: what the engine fills in is no conflict. */
export function checkConflicts(body: CreateRequest): void {
  const host = body.HostConfig ?? {};
  const network = host.NetworkMode ?? '';
  if (host.UTSMode === 'host' && body.Hostname) refuse('conflicting options: hostname and the UTS mode');
  if (network === 'host' && some(host.Links)) {
    refuse(
      "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
    );
  }
  if (joinedReference(network) === undefined) return;
  const wrong = JOINED_CONFLICTS.find(([conflicts]) => conflicts(body, host));
  if (wrong !== undefined) refuse(`conflicting options: ${wrong[1]}`);
}

type Conflict = (body: CreateRequest, host: Partial<HostConfig>) => boolean;

/** A network that is another's comes with its names, addresses and ports. */
const JOINED_CONFLICTS: readonly (readonly [Conflict, string])[] = [
  [({ Hostname }) => Boolean(Hostname), 'hostname and the network mode'],
  [
    (_, { Links }) => some(Links),
    "container type network can't be used with links. This would result in undefined behavior",
  ],
  [(_, { Dns }) => some(Dns), 'dns and the network mode'],
  [(_, { ExtraHosts }) => some(ExtraHosts), 'custom host-to-IP mapping and the network mode'],
  [({ MacAddress }) => Boolean(MacAddress), 'mac-address and the network mode'],
  [
    (_, { PortBindings, PublishAllPorts }) => PublishAllPorts === true || some(Object.keys(PortBindings ?? {})),
    'port publishing and the container type network mode',
  ],
  [({ ExposedPorts }) => some(Object.keys(ExposedPorts ?? {})), 'port exposing and the container type network mode'],
];

function some(list: readonly unknown[] | null | undefined): boolean {
  return (list ?? []).length > 0;
}

function refuse(message: string): never {
  throw new TskerError('invalid', message);
}
