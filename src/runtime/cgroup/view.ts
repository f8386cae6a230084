// A container's cgroups as its own /sys/fs/cgroup shows them. Pure.
import type { CgroupView } from '../plan/facts.ts';
import type { CgroupDirectory, ContainerCgroups } from './paths.ts';

export function cgroupView(cgroups: ContainerCgroups, namespaced: boolean): CgroupView {
  return {
    version: cgroups.version,
    namespaced,
    hierarchies: cgroups.directories.map((directory) => ({
      name: directory.name,
      data: mountData(directory),
      path: directory.path,
      mountPoint: directory.mountPoint,
    })),
  };
}

function mountData({ controllers, name }: CgroupDirectory): string {
  return controllers.length > 0 ? controllers.join(',') : `none,name=${name}`;
}
