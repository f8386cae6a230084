// The directory of a container, <root>/containers/<id>: its log, and the three files mounted over the image's. What is in
// them is the network's to say.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRNO } from '../../native/errno.ts';
import type { Endpoint, HostsFileRequest, NetworkService } from '../../network/network.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { ContainerPlace } from '../logging/place.ts';
import { runOwner } from './effects.ts';
import type { ContainerRecord } from './record.ts';
import type { ContainerFiles } from './spec/mounts.ts';

export interface ContainerDirectories {
  create(id: string): void;
  remove(id: string): Promise<void>;
  /** Where its log is kept. */
  place(id: string): ContainerPlace;
  files(id: string): ContainerFiles;
  /** Where the n-th mount of a use is bound when it is a part of a volume. */
  subpath(use: string, index: number): string;
  /** Where the /dev/shm that others may join is mounted. */
  sharedMemory(id: string): string;
}

export interface DirectoryDependencies {
  /** <root>/containers. */
  readonly root: string;
  /** Reachable for containers with mapped ids, unlike their own directories. */
  readonly subpaths: string;
  readonly ledger: Pick<Ledger, 'record' | 'undo'>;
}

/** The log is root's alone; so is everything beside it. */
const DIRECTORY_MODE = 0o710;
const FILE_MODE = 0o644;

export function containerDirectories({ root, subpaths, ledger }: DirectoryDependencies): ContainerDirectories {
  return {
    create(id) {
      const path = join(root, id);
      ledger.record(id, 'directory', path, [{ op: 'RMTREE', path, tolerate: ERRNO.ENOENT }]);
      mkdirSync(path, { mode: DIRECTORY_MODE });
    },
    async remove(id) {
      // What the end of a run could not take back goes with the container at the latest.
      await ledger.undo(runOwner(id));
      await ledger.undo(id);
    },
    place: (id) => ({ id, directory: join(root, id) }),
    subpath: (use, index) => join(subpaths, `${use.replaceAll('/', '-')}-${index}`),
    sharedMemory: (id) => join(root, id, 'shm'),
    files: (id) => ({
      hosts: join(root, id, 'hosts'),
      hostname: join(root, id, 'hostname'),
      resolvConf: join(root, id, 'resolv.conf'),
    }),
  };
}

export interface WriteFilesRequest {
  readonly record: ContainerRecord;
  readonly files: ContainerFiles;
  readonly endpoints: readonly Endpoint[];
  readonly links: HostsFileRequest['links'];
  readonly network: Pick<NetworkService, 'hostsFile' | 'resolvConf'>;
}

/** Anew at each start and when networks come and go: addresses and the host's servers change. In place: they are mounted. */
export function writeContainerFiles({ record, files, endpoints, links, network }: WriteFilesRequest): void {
  const { config, hostConfig } = record;
  const { Hostname: hostname, Domainname: domainname } = config;
  const mode = hostConfig.NetworkMode;
  const hosts = network.hostsFile({
    hostname,
    domainname,
    extraHosts: hostConfig.ExtraHosts ?? [],
    links,
    endpoints,
    mode,
  });
  const resolvConf = network.resolvConf({
    dns: hostConfig.Dns ?? [],
    dnsSearch: hostConfig.DnsSearch ?? [],
    dnsOptions: hostConfig.DnsOptions ?? [],
    endpoints,
    mode,
  });
  writeFileSync(files.hosts, hosts, { mode: FILE_MODE });
  writeFileSync(files.resolvConf, resolvConf, { mode: FILE_MODE });
  writeFileSync(files.hostname, `${hostname}\n`, { mode: FILE_MODE });
}
