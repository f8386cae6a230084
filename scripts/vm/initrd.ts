// The initrd: busybox, the modules that the guest's disks need, and an init that mounts the root and goes on there.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ok } from '../../test/helpers/run.ts';
import type { Kernel } from './kernel.ts';

const WANTED = ['virtio_pci', 'virtio_blk'];

const INIT = `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /new
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs dev /dev
while read -r module; do /bin/busybox insmod "/modules/$module"; done </modules/order
while [ ! -b /dev/vdb ]; do /bin/busybox sleep 0.05; done
/bin/busybox mount -t ext4 /dev/vda /new
/bin/busybox mount -t ext4 /dev/vdb /new/project
/bin/busybox mount -o move /dev /new/dev
/bin/busybox umount /proc /sys
exec /bin/busybox switch_root /new /bin/sh /project/scripts/vm/guest-init
`;

/** Paths of the modules and what they depend on, dependencies first, from modules.dep. */
function loadOrder(kernel: Kernel): string[] {
  const dependencies = new Map<string, string[]>();
  for (const line of readFileSync(join(kernel.modules, 'modules.dep'), 'utf8').split('\n')) {
    const [path, needs] = line.split(':');
    if (path !== undefined && needs !== undefined) dependencies.set(path, needs.split(' ').filter(Boolean));
  }
  const order: string[] = [];
  for (const wanted of WANTED) {
    const path = [...dependencies.keys()].find((one) => basename(one) === `${wanted}.ko`);
    if (path === undefined) throw new Error(`the kernel ${kernel.version} has no module ${wanted}`);
    // modules.dep lists what must be loaded first last.
    for (const one of [...(dependencies.get(path) ?? []).toReversed(), path]) if (!order.includes(one)) order.push(one);
  }
  return order;
}

export async function makeInitrd(cache: string, kernel: Kernel): Promise<string> {
  const tree = join(cache, 'initrd.tmp');
  const image = join(cache, `initrd-${kernel.version}`);
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(join(tree, 'bin'), { recursive: true });
  mkdirSync(join(tree, 'modules'));
  copyFileSync('/bin/busybox', join(tree, 'bin/busybox'));
  const modules = await ensureDependencies(kernel);
  for (const path of modules) copyFileSync(join(kernel.modules, path), join(tree, 'modules', basename(path)));
  writeFileSync(join(tree, 'modules/order'), `${modules.map((path) => basename(path)).join('\n')}\n`);
  writeFileSync(join(tree, 'init'), INIT);
  chmodSync(join(tree, 'init'), 0o755);
  await ok(['sh', '-c', 'cd "$1" && find . | cpio -o -H newc --quiet >"$2"', 'sh', tree, image]);
  rmSync(tree, { recursive: true, force: true });
  return image;
}

/** modules.dep is made by depmod when a kernel is installed; the unpacked package has none yet. */
async function ensureDependencies(kernel: Kernel): Promise<string[]> {
  await ok(['depmod', '-b', dirname(dirname(dirname(kernel.modules))), kernel.version]);
  return loadOrder(kernel);
}
