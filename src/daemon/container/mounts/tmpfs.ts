// A tmpfs that the user asked for: its options, after those that keep it harmless. Pure.
import type { MountRequest } from '../../../types/container-config.ts';
import { TskerError } from '../../../util/errors.ts';
import { checkTarget } from './target.ts';
import type { TmpfsMount } from './types.ts';

const TMPFS_DEFAULTS = ['noexec', 'nosuid', 'nodev'];

const TMPFS_OPTION =
  /^(?:ro|rw|exec|noexec|suid|nosuid|dev|nodev|sync|async|atime|noatime|diratime|nodiratime|relatime|norelatime|strictatime|nostrictatime|(?:size|nr_blocks|nr_inodes|mode|uid|gid|mpol)=.+)$/;

/** Of --mount. */
export function tmpfsOptions({ ReadOnly: readonly, TmpfsOptions: options }: MountRequest): string[] {
  return [
    ...TMPFS_DEFAULTS,
    ...(readonly === true ? ['ro'] : []),
    ...(options?.Mode === undefined ? [] : [`mode=${options.Mode.toString(8)}`]),
    ...(options?.SizeBytes === undefined ? [] : [`size=${options.SizeBytes}`]),
  ];
}

/** One of HostConfig.Tmpfs. */
export function parseTmpfs(target: string, text: string): TmpfsMount {
  const destination = checkTarget(target, '', 'tmpfs');
  const words = text.split(',').filter((word) => word !== '');
  const wrong = words.find((word) => !TMPFS_OPTION.test(word));
  if (wrong !== undefined) throw new TskerError('invalid', `invalid tmpfs option ["${wrong}"]`);
  return { kind: 'tmpfs', destination, options: [...TMPFS_DEFAULTS, ...words] };
}
