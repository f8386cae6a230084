// What stands in a container's /etc/hosts and /etc/resolv.conf, made of the host's own files. hosts.ts and resolv.ts have the words.
import type { HostFiles } from './host-files.ts';
import { containerHosts, hostModeHosts } from './hosts.ts';
import type { HostsFileRequest, ResolvConfRequest } from './network.ts';
import {
  containerResolv,
  hostModeResolv,
  nameServersOf,
  namesOnlyStub,
  RESOLVED_FILE,
  userNetworkResolv,
} from './resolv.ts';

const HOSTS = '/etc/hosts';
const RESOLV_CONF = '/etc/resolv.conf';

export function hostsFile(files: HostFiles, request: HostsFileRequest): string {
  return request.mode === 'host' ? hostModeHosts(files.read(HOSTS), request.extraHosts) : containerHosts(request);
}

export interface ResolvConfOptions extends ResolvConfRequest {
  /** The embedded name server answers it. */
  readonly served: boolean;
}

export function resolvConf(files: HostFiles, request: ResolvConfOptions): string {
  if (request.mode === 'host') return hostModeResolv({ ...request, host: files.read(RESOLV_CONF) });
  const host = askedByHost(files);
  return request.served ? userNetworkResolv({ ...request, host }) : containerResolv({ ...request, host });
}

/** Whom the embedded name server asks what it does not know itself. */
export function hostNameServers(files: HostFiles): readonly string[] {
  return nameServersOf(askedByHost(files));
}

/** What the host asks, or the servers behind its own. */
function askedByHost(files: HostFiles): string {
  const own = files.read(RESOLV_CONF);
  return namesOnlyStub(own) ? files.read(RESOLVED_FILE) : own;
}
