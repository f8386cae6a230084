// `source:target[:options]` of -v, --mount and --tmpfs as typed mounts, with Docker's words for what is wrong with them
// (moby volume/mounts/linux_parser.go). Pure.
import { posix } from 'node:path';
import type { HostConfig, MountPoint, MountRequest } from '../../types/container.ts';
import { TskerError } from '../../util/errors.ts';

export interface BindMount {
  readonly kind: 'bind';
  readonly source: string;
  readonly destination: string;
  /** As the user wrote the options. */
  readonly mode: string;
  readonly writable: boolean;
  readonly propagation: string;
  readonly recursive: boolean;
  /** Read-only below as well: the default of read-only binds where the kernel can do it. */
  readonly readonlyBelow: boolean;
  /** A missing source becomes a directory (-v) or is an error (--mount). */
  readonly createSource: boolean;
}

export interface TmpfsMount {
  readonly kind: 'tmpfs';
  readonly destination: string;
  readonly options: readonly string[];
}

export type UserMount = BindMount | TmpfsMount;

const PROPAGATIONS = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];
const ACCESS = ['ro', 'rw'];
/** SELinux labels, consistency, copy-up: accepted, without effect on a Linux bind. */
const WITHOUT_EFFECT = ['z', 'Z', 'consistent', 'cached', 'delegated', 'default', 'nocopy'];

/** All mounts the user asked for. Throws `invalid` with Docker's message, `not_implemented` for volumes. */
export function parseUserMounts(hostConfig: Pick<HostConfig, 'Binds' | 'Mounts' | 'Tmpfs'>): UserMount[] {
  const mounts: UserMount[] = [
    ...(hostConfig.Binds ?? []).map(parseBind),
    ...(hostConfig.Mounts ?? []).map(parseMount),
    ...Object.entries(hostConfig.Tmpfs ?? {}).map(([target, options]) => parseTmpfs(target, options)),
  ];
  const seen = new Set<string>();
  for (const { destination } of mounts) {
    if (seen.has(destination)) throw new TskerError('invalid', `Duplicate mount point: ${destination}`);
    seen.add(destination);
  }
  return mounts;
}

/** One of HostConfig.Binds. */
export function parseBind(text: string): BindMount {
  const parts = text.split(':');
  const [source = '', target, mode = ''] = parts;
  if (target === undefined || parts.length > 3 || source === '' || target === '') {
    throw new TskerError('invalid', `invalid volume specification: '${text}'`);
  }
  const destination = checkTarget(target, `invalid volume specification: '${text}': `, 'bind');
  if (!source.startsWith('/')) refuseVolume(source);
  const words = mode === '' ? [] : mode.split(',');
  checkMode(words, mode);
  const writable = !words.includes('ro');
  return {
    kind: 'bind',
    source: posix.normalize(source),
    destination,
    mode,
    writable,
    propagation: words.find((word) => PROPAGATIONS.includes(word)) ?? 'rprivate',
    recursive: true,
    readonlyBelow: !writable,
    createSource: true,
  };
}

function checkMode(words: readonly string[], mode: string): void {
  const groups = [ACCESS, PROPAGATIONS, ['z', 'Z'], ['consistent', 'cached', 'delegated', 'default']];
  const known = words.every((word) => [...ACCESS, ...PROPAGATIONS, ...WITHOUT_EFFECT].includes(word));
  const single = groups.every((group) => words.filter((word) => group.includes(word)).length <= 1);
  if (!known || !single) throw new TskerError('invalid', `invalid mode: ${mode}`);
}

/** One of HostConfig.Mounts. */
function parseMount(request: MountRequest): UserMount {
  const { Type: type, Source: source = '', Target: target = '' } = request;
  const refuse = (what: string): never => {
    throw new TskerError('invalid', `invalid mount config for type "${type}": ${what}`);
  };
  if (target === '') return refuse('field Target must not be empty');
  const destination = checkTarget(target, '', type);
  if (type === 'tmpfs') {
    if (source !== '') return refuse('field Source must not be specified');
    return { kind: 'tmpfs', destination, options: tmpfsOptions(request) };
  }
  if (type === 'volume') return refuseVolume(source === '' ? destination : source);
  if (type !== 'bind') throw new TskerError('invalid', `invalid mount config for type "${type}": mount type unknown`);
  if (source === '') return refuse('field Source must not be empty');
  if (!source.startsWith('/')) return refuse(`invalid mount path: '${source}' mount path must be absolute`);
  const options = request.BindOptions ?? {};
  const propagation = options.Propagation ?? '';
  if (propagation !== '' && !PROPAGATIONS.includes(propagation))
    return refuse(`invalid propagation mode: ${propagation}`);
  return {
    kind: 'bind',
    source: posix.normalize(source),
    destination,
    mode: '',
    writable: request.ReadOnly !== true,
    propagation: propagation === '' ? 'rprivate' : propagation,
    recursive: options.NonRecursive !== true,
    readonlyBelow: request.ReadOnly === true && options.ReadOnlyNonRecursive !== true,
    createSource: options.CreateMountpoint === true,
  };
}

const TMPFS_DEFAULTS = ['noexec', 'nosuid', 'nodev'];

function tmpfsOptions({ ReadOnly: readonly, TmpfsOptions: options }: MountRequest): string[] {
  return [
    ...TMPFS_DEFAULTS,
    ...(readonly === true ? ['ro'] : []),
    ...(options?.Mode === undefined ? [] : [`mode=${options.Mode.toString(8)}`]),
    ...(options?.SizeBytes === undefined ? [] : [`size=${options.SizeBytes}`]),
  ];
}

const TMPFS_OPTION =
  /^(?:ro|rw|exec|noexec|suid|nosuid|dev|nodev|sync|async|atime|noatime|diratime|nodiratime|relatime|norelatime|strictatime|nostrictatime|(?:size|nr_blocks|nr_inodes|mode|uid|gid|mpol)=.+)$/;

/** One of HostConfig.Tmpfs. */
function parseTmpfs(target: string, text: string): TmpfsMount {
  const destination = checkTarget(target, '', 'tmpfs');
  const words = text.split(',').filter((word) => word !== '');
  const wrong = words.find((word) => !TMPFS_OPTION.test(word));
  if (wrong !== undefined) throw new TskerError('invalid', `invalid tmpfs option ["${wrong}"]`);
  return { kind: 'tmpfs', destination, options: [...TMPFS_DEFAULTS, ...words] };
}

function checkTarget(target: string, prefix: string, type: string): string {
  if (!target.startsWith('/')) {
    throw new TskerError(
      'invalid',
      `${prefix}invalid mount config for type "${type}": invalid mount path: '${target}' mount path must be absolute`,
    );
  }
  const clean = posix.normalize(target).replace(/(?<=.)\/$/, '');
  if (clean === '/') {
    throw new TskerError(
      'invalid',
      `${prefix}invalid mount config for type "${type}": invalid specification: destination can't be '/'`,
    );
  }
  return clean;
}

function refuseVolume(name: string): never {
  throw new TskerError('not_implemented', `volume ${name}: volumes are not supported yet`, {
    hint: 'bind a directory of the host with an absolute path: -v /path:/target',
  });
}

/** As inspect and list show it. A tmpfs of --tmpfs is no mount point there, as in Docker. */
export function toMountPoint(mount: BindMount): MountPoint {
  return {
    Type: 'bind',
    Source: mount.source,
    Destination: mount.destination,
    Mode: mount.mode,
    RW: mount.writable,
    Propagation: mount.propagation,
  };
}
