// Bits of the kernel's interface back into the names that linux.ts has for them, as strace shows them. Pure.
import * as linux from './linux.ts';

type Names = readonly (readonly [name: string, bit: number])[];

function namesOf(prefix: string): Names {
  const names = Object.entries(linux).flatMap(([name, value]) =>
    name.startsWith(prefix) && typeof value === 'number' ? [[name, value] as const] : [],
  );
  return names.toSorted(([, a], [, b]) => a - b);
}

const MOUNT = namesOf('MS_');
const MOUNT_ATTRIBUTES = namesOf('MOUNT_ATTR_').filter(([name]) => name !== 'MOUNT_ATTR__ATIME');
const UNMOUNT: Names = [...namesOf('MNT_'), ...namesOf('UMOUNT_')];
const NAMESPACES = namesOf('CLONE_NEW');

export const mountFlags = (bits: number): string => named(bits, MOUNT);
export const mountAttributes = (bits: number): string => named(bits, MOUNT_ATTRIBUTES);
export const unmountFlags = (bits: number): string => named(bits, UNMOUNT);
export const namespaceFlags = (bits: number): string => named(bits, NAMESPACES);

const OPEN: Names = [
  ['O_CREAT', linux.O_CREAT],
  ['O_EXCL', linux.O_EXCL],
  ['O_NOCTTY', linux.O_NOCTTY],
  ['O_TRUNC', linux.O_TRUNC],
  ['O_APPEND', linux.O_APPEND],
  ['O_NONBLOCK', linux.O_NONBLOCK],
  ['O_DIRECTORY', linux.O_DIRECTORY],
  ['O_NOFOLLOW', linux.O_NOFOLLOW],
  ['O_CLOEXEC', linux.O_CLOEXEC],
  ['O_PATH', linux.O_PATH],
];
const ACCESS = ['O_RDONLY', 'O_WRONLY', 'O_RDWR'];

export function openFlags(bits: number): string {
  const access = ACCESS[bits & 3] ?? 'O_ACCMODE';
  const others = bits & ~3;
  return others === 0 ? access : `${access}|${named(others, OPEN)}`;
}

const TYPES: Readonly<Record<number, string>> = {
  [linux.S_IFIFO]: 'S_IFIFO',
  [linux.S_IFCHR]: 'S_IFCHR',
  [linux.S_IFBLK]: 'S_IFBLK',
  [linux.S_IFREG]: 'S_IFREG',
  [linux.S_IFDIR]: 'S_IFDIR',
};

/** `S_IFCHR|0666`, `0755`. */
export function fileMode(mode: number): string {
  const permissions = `0${(mode & 0o7777).toString(8)}`;
  const type = TYPES[mode & linux.S_IFMT];
  return type === undefined ? permissions : `${type}|${permissions}`;
}

/** `0` without any; bits that have no name as one hexadecimal number. */
function named(bits: number, names: Names): string {
  // A number of all bits: `>>> 0` keeps the highest from being a sign.
  const wanted = bits >>> 0;
  const found = names.filter(([, bit]) => bit !== 0 && (wanted & bit) >>> 0 === bit);
  const rest = found.reduce((left, [, bit]) => (left & ~bit) >>> 0, wanted);
  const words = found.map(([name]) => name);
  if (rest !== 0) words.push(`0x${rest.toString(16)}`);
  return words.length === 0 ? '0' : words.join('|');
}
