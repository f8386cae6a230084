// hosts and resolv.conf of a running container written anew, because of what happened since its start: a network that came or went,
// another address of a container it is linked to.
import type { NetworkService } from '../../network/network.ts';
import { messageOf } from '../../util/errors.ts';
import type { Logger } from '../../util/log.ts';
import type { Container } from './container.ts';
import { type ContainerDirectories, writeContainerFiles } from './files.ts';
import { linkedHosts, linkedPorts, linkersOf, liveLinks } from './links.ts';
import type { ContainerStore } from './store.ts';

export interface RefreshDependencies {
  readonly containers: Pick<ContainerStore, 'list' | 'resolve'>;
  readonly directories: ContainerDirectories;
  readonly network: Pick<NetworkService, 'hostsFile' | 'resolvConf' | 'link'>;
}

export function refreshFiles(
  { containers, directories, network }: RefreshDependencies,
  { id, record }: Container,
): void {
  const live = liveLinks(containers, record);
  const { endpoints } = record;
  writeContainerFiles({ record, files: directories.files(id), endpoints, links: linkedHosts(live), network });
  if (live.length > 0) network.link(id, linkedPorts(live, endpoints));
}

/** A container has started, perhaps with another address: those linked to it are told. What fails of that is not its failure. */
export function refreshLinkers(
  dependencies: RefreshDependencies & { readonly log: Logger },
  container: Container,
): void {
  for (const linker of linkersOf(dependencies.containers, container)) {
    try {
      refreshFiles(dependencies, linker);
    } catch (error) {
      dependencies.log.warn('the hosts file of a linked container could not be written', {
        container: linker.id,
        error: messageOf(error),
      });
    }
  }
}
