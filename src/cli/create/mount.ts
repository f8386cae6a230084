// One `--mount type=bind,source=/a,target=/b,readonly`: Docker's keys, checked against the type. Pure.
import { resolve } from 'node:path';
import type { MountRequest } from '../../types/container-config.ts';
import { parseBoolean, parseBytes } from '../flags/values.ts';
import { UsageError } from '../usage-error.ts';
import { pairsToMap, splitCsv, splitPair } from './words.ts';

/** The request while it is read: everything may still be missing. */
interface Draft {
  type: string;
  source?: string;
  target?: string;
  readOnly?: boolean;
  consistency?: string;
  readonly bind: Mutable<NonNullable<MountRequest['BindOptions']>>;
  readonly volume: VolumeOptions;
  readonly tmpfs: Mutable<NonNullable<MountRequest['TmpfsOptions']>>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface VolumeOptions {
  NoCopy?: boolean;
  Labels?: Readonly<Record<string, string>>;
  Subpath?: string;
  DriverConfig?: { readonly Name?: string; readonly Options?: Readonly<Record<string, string>> };
}

type Setter = (draft: Draft, value: string) => void;

const setReadOnly: Setter = (draft, value) => {
  draft.readOnly = parseBoolean(value);
};
const setSource: Setter = (draft, value) => {
  draft.source = value;
};
const setTarget: Setter = (draft, value) => {
  draft.target = value;
};

const SETTERS: Readonly<Record<string, Setter>> = {
  type: (draft, value) => {
    draft.type = value.toLowerCase();
  },
  source: setSource,
  src: setSource,
  target: setTarget,
  dst: setTarget,
  destination: setTarget,
  readonly: setReadOnly,
  ro: setReadOnly,
  consistency: (draft, value) => {
    draft.consistency = value.toLowerCase();
  },
  'bind-propagation': ({ bind }, value) => {
    bind.Propagation = value.toLowerCase();
  },
  'bind-nonrecursive': ({ bind }, value) => {
    bind.NonRecursive = parseBoolean(value);
  },
  'bind-recursive': setRecursive,
  'volume-nocopy': ({ volume }, value) => {
    volume.NoCopy = parseBoolean(value);
  },
  'volume-label': ({ volume }, value) => {
    volume.Labels = { ...volume.Labels, ...pairsToMap([value]) };
  },
  'volume-driver': ({ volume }, value) => {
    volume.DriverConfig = { ...volume.DriverConfig, Name: value };
  },
  'volume-opt': ({ volume }, value) => {
    const options = { ...volume.DriverConfig?.Options, ...pairsToMap([value]) };
    volume.DriverConfig = { ...volume.DriverConfig, Options: options };
  },
  'volume-subpath': ({ volume }, value) => {
    volume.Subpath = value;
  },
  'tmpfs-size': ({ tmpfs }, value) => {
    tmpfs.SizeBytes = parseBytes(value);
  },
  'tmpfs-mode': ({ tmpfs }, value) => {
    if (!/^[0-7]{1,5}$/.test(value)) throw new RangeError('it is not an octal mode');
    tmpfs.Mode = Number.parseInt(value, 8);
  },
};

/** Keys that stand alone for `true`. */
const SWITCHES = new Set(['readonly', 'ro', 'volume-nocopy', 'bind-nonrecursive']);

export function parseMount(text: string, cwd: string): MountRequest {
  const draft: Draft = { type: 'volume', bind: {}, volume: {}, tmpfs: {} };
  for (const field of splitCsv(text)) readField(draft, field);
  if (draft.target === undefined || draft.target === '')
    throw new UsageError(`invalid mount '${text}': target is required`);
  for (const kind of ['bind', 'volume', 'tmpfs'] as const) {
    if (kind !== draft.type && Object.keys(draft[kind]).length > 0) {
      throw new UsageError(`invalid mount '${text}': cannot mix '${kind}-*' options with mount type '${draft.type}'`);
    }
  }
  return requestOf(draft, draft.target, cwd);
}

function readField(draft: Draft, field: string): void {
  const [rawKey, value] = splitPair(field);
  const key = rawKey.toLowerCase();
  const set = Object.hasOwn(SETTERS, key) ? SETTERS[key] : undefined;
  if (set === undefined) throw new UsageError(`invalid mount: unexpected key '${key}' in '${field}'`);
  if (value === undefined && !SWITCHES.has(key)) {
    throw new UsageError(`invalid mount: invalid field '${field}' must be a key=value pair`);
  }
  try {
    set(draft, value ?? 'true');
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`invalid mount: invalid value for ${key}: ${value}: ${error.message}`);
  }
}

function requestOf(draft: Draft, target: string, cwd: string): MountRequest {
  const { type, source, readOnly, consistency } = draft;
  const isRelative = type === 'bind' && source?.startsWith('.') === true;
  return {
    Type: type,
    ...(source === undefined ? {} : { Source: isRelative ? resolve(cwd, source) : source }),
    Target: target,
    ...(readOnly === undefined ? {} : { ReadOnly: readOnly }),
    ...(consistency === undefined ? {} : { Consistency: consistency }),
    ...(Object.keys(draft.bind).length > 0 ? { BindOptions: draft.bind } : {}),
    ...(Object.keys(draft.volume).length > 0 ? { VolumeOptions: draft.volume } : {}),
    ...(Object.keys(draft.tmpfs).length > 0 ? { TmpfsOptions: draft.tmpfs } : {}),
  };
}

function setRecursive({ bind }: Draft, value: string): void {
  if (value === 'disabled') bind.NonRecursive = true;
  else if (value === 'writable') bind.ReadOnlyNonRecursive = true;
  else if (value === 'readonly') bind.ReadOnlyForceRecursive = true;
  else if (value !== 'enabled') throw new RangeError("use 'enabled', 'disabled', 'writable' or 'readonly'");
}
