// One of HostConfig.Mounts (--mount) as a typed mount, with Docker's words for what is wrong with it
// (moby volume/mounts/validate.go). Pure.
import { posix } from 'node:path';
import type { MountRequest } from '../../../types/container-config.ts';
import { TskerError } from '../../../util/errors.ts';
import { checkTarget, PROPAGATIONS } from './target.ts';
import { tmpfsOptions } from './tmpfs.ts';
import type { BindMount, WantedMount, WantedVolume } from './types.ts';

type Refuse = (what: string) => never;

export function parseMount(request: MountRequest): WantedMount {
  const { Type: type, Source: source = '', Target: target = '' } = request;
  const refuse = (what: string): never => {
    throw new TskerError('invalid', `invalid mount config for type "${type}": ${what}`);
  };
  if (target === '') return refuse('field Target must not be empty');
  const destination = checkTarget(target, '', type);
  if (type !== 'bind' && request.BindOptions !== undefined) return refuse('field BindOptions must not be specified');
  if (type === 'volume') return parseVolume(request, destination, refuse);
  if (request.VolumeOptions !== undefined) return refuse('field VolumeOptions must not be specified');
  if (type === 'bind') return parseBindRequest(request, destination, refuse);
  if (type !== 'tmpfs') return refuse('mount type unknown');
  if (source !== '') return refuse('field Source must not be specified');
  return { kind: 'tmpfs', destination, options: tmpfsOptions(request), listed: true };
}

function parseVolume(request: MountRequest, destination: string, refuse: Refuse): WantedVolume {
  const { Source: name = '', ReadOnly: readonly = false, VolumeOptions: options = {} } = request;
  if (name === '' && readonly) return refuse('must not set ReadOnly mode when using anonymous volumes');
  const subpath = options.Subpath ?? '';
  if (subpath !== '' && !isLocal(subpath)) return refuse('subpath must be a relative path within the volume');
  return {
    kind: 'volume',
    name,
    driver: options.DriverConfig?.Name ?? '',
    options: options.DriverConfig?.Options ?? null,
    labels: options.Labels ?? null,
    source: '',
    destination,
    mode: '',
    writable: !readonly,
    copy: options.NoCopy !== true,
    ...(subpath === '' ? {} : { subpath }),
    anonymous: name === '',
  };
}

/** It leads nowhere else by its name alone; what links do is seen when it is opened. */
function isLocal(path: string): boolean {
  const clean = posix.normalize(path);
  return !clean.startsWith('/') && clean !== '..' && !clean.startsWith('../') && !clean.includes('\0');
}

function parseBindRequest(request: MountRequest, destination: string, refuse: Refuse): BindMount {
  const { Source: source = '', BindOptions: options = {} } = request;
  if (source === '') return refuse('field Source must not be empty');
  if (!source.startsWith('/')) return refuse(`invalid mount path: '${source}' mount path must be absolute`);
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
