// Names of the file systems a driver can stand on, as Docker's info shows them. Pure.

export const OVERLAYFS_MAGIC = 0x794c7630;
export const BTRFS_MAGIC = 0x9123683e;

const NAMES: ReadonlyMap<number, string> = new Map([
  [0xef53, 'extfs'],
  [0x58465342, 'xfs'],
  [BTRFS_MAGIC, 'btrfs'],
  [0x01021994, 'tmpfs'],
  [OVERLAYFS_MAGIC, 'overlayfs'],
  [0x2fc12fc1, 'zfs'],
  [0xf2f52010, 'f2fs'],
  [0xca451a4e, 'bcachefs'],
  [0x6969, 'nfs'],
  [0x65735546, 'fuse'],
  [0xf15f, 'ecryptfs'],
  [0x5346414f, 'afs'],
]);

export function backingName(magic: number): string {
  return NAMES.get(magic) ?? `unknown (0x${magic.toString(16)})`;
}
