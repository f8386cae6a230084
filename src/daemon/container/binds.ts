// `source:target[:options]` of -v, --mount and --tmpfs as typed mounts, with Docker's words for what is wrong with them
// (moby volume/mounts/linux_parser.go); --mount is mounts/spec.ts's. Pure.
import { posix } from 'node:path';
import type { HostConfig } from '../../types/container-config.ts';
import { TskerError } from '../../util/errors.ts';
import { parseMount } from './mounts/spec.ts';
import { checkTarget, PROPAGATIONS } from './mounts/target.ts';
import { parseTmpfs } from './mounts/tmpfs.ts';
import type { BindMount, WantedMount, WantedVolume } from './mounts/types.ts';

const ACCESS = ['ro', 'rw'];
/** SELinux labels and consistency: accepted, without effect here. */
const LABELS = ['z', 'Z'];
const CONSISTENCY = ['consistent', 'cached', 'delegated', 'default'];
const COPY = ['nocopy'];

type Requested = Pick<HostConfig, 'Binds' | 'Mounts' | 'Tmpfs'> & Partial<Pick<HostConfig, 'VolumeDriver'>>;

/** All mounts that -v, --mount and --tmpfs ask for. Throws `invalid` with Docker's message. */
export function parseUserMounts(hostConfig: Requested): WantedMount[] {
  const mounts: WantedMount[] = [
    ...(hostConfig.Binds ?? []).map((text) => parseBind(text, hostConfig.VolumeDriver)),
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

/** One of HostConfig.Binds: of a path of the host, or of a volume by its name. */
export function parseBind(text: string, volumeDriver = ''): BindMount | WantedVolume {
  const parts = text.split(':');
  const [source = '', target, mode = ''] = parts;
  if (target === undefined || parts.length > 3 || source === '' || target === '') {
    throw new TskerError('invalid', `invalid volume specification: '${text}'`);
  }
  const type = source.startsWith('/') ? 'bind' : 'volume';
  const prefix = `invalid volume specification: '${text}': `;
  const words = mode === '' ? [] : mode.split(',');
  checkMode(words, mode);
  const destination = checkTarget(target, prefix, type);
  const writable = !words.includes('ro');
  const propagation = words.find((word) => PROPAGATIONS.includes(word));
  const refuse = (field: string): never => {
    throw new TskerError(
      'invalid',
      `${prefix}invalid mount config for type "${type}": field ${field} must not be specified`,
    );
  };
  const copy = !words.includes('nocopy');
  if (type === 'volume') {
    if (propagation !== undefined) return refuse('BindOptions');
    const wish = { name: source, driver: volumeDriver, options: null, labels: null, anonymous: false };
    return { kind: 'volume', ...wish, source: '', destination, mode, writable, copy };
  }
  if (!copy) return refuse('VolumeOptions');
  return {
    kind: 'bind',
    source: posix.normalize(source),
    destination,
    mode,
    writable,
    propagation: propagation ?? 'rprivate',
    recursive: true,
    readonlyBelow: !writable,
    createSource: true,
  };
}

/** Each word is known, and at most one of a kind is given. */
export function checkMode(words: readonly string[], mode: string): void {
  const groups = [ACCESS, PROPAGATIONS, LABELS, CONSISTENCY, COPY];
  const known = words.every((word) => groups.some((group) => group.includes(word)));
  const single = groups.every((group) => words.filter((word) => group.includes(word)).length <= 1);
  if (!known || !single) throw new TskerError('invalid', `invalid mode: ${mode}`);
}
