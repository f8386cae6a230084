// A bundle's config.json as a spec of the runtime: Go's nulls and absent lists made plain, relative paths made absolute, runc's
// default devices added. What the runtime checks itself is not checked here.
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { DeviceCgroup, Mount, Namespace, Process, Spec } from '../runtime/spec.ts';
import { TskerError } from '../util/errors.ts';
import { isErrno } from './store.ts';

/** runtime-spec config.md, "POSIX-platform Hooks". */
export interface Hook {
  readonly path: string;
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  /** Seconds. */
  readonly timeout?: number;
}

export type HookPoint = 'prestart' | 'createRuntime' | 'createContainer' | 'startContainer' | 'poststart' | 'poststop';

export type Hooks = { readonly [P in HookPoint]?: readonly Hook[] };

export interface Bundle {
  readonly path: string;
  readonly rootfs: string;
  readonly spec: Spec;
  readonly hooks: Hooks;
}

export function readBundle(directory: string): Bundle {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new TskerError('invalid', `chdir ${directory}: no such file or directory`);
  }
  const path = realpathSync(directory);
  const config = readJson(join(path, 'config.json'), 'JSON specification file config.json not found');
  const { spec, hooks } = toSpec(config, path);
  const rootfs = resolve(path, spec.root.path);
  if (statSync(rootfs, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new TskerError('invalid', `invalid rootfs: stat ${rootfs}: no such file or directory`);
  }
  // Who unpacked the bundle may have linked it to a directory of the host's.
  if (realpathSync(rootfs) !== rootfs) {
    throw new TskerError('invalid', 'invalid rootfs: not an absolute path, or a symlink');
  }
  return { path, rootfs, spec, hooks };
}

/** A file of Go's JSON: null is to leave out. */
export function readJson(path: string, missing: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw new TskerError('invalid', missing, { cause: error });
    throw error;
  }
  return parseJson(text);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, (_, value: unknown) => (value === null ? undefined : value));
  } catch (error) {
    throw new TskerError('invalid', error instanceof Error ? error.message : String(error), { cause: error });
  }
}

type Loose = { readonly [key: string]: unknown };

function toSpec(config: unknown, bundle: string): { spec: Spec; hooks: Hooks } {
  if (!isObject(config)) throw new TskerError('invalid', 'config.json is not an object');
  if (!isObject(config['root'])) throw new TskerError('invalid', 'root must be specified');
  if (!isObject(config['process'])) throw new TskerError('invalid', 'process must be specified');
  if (typeof config['root']['path'] !== 'string') throw new TskerError('invalid', 'root.path must be specified');
  const linux = isObject(config['linux']) ? config['linux'] : {};
  const resources = isObject(linux['resources']) ? linux['resources'] : {};
  const draft = config as unknown as Spec;
  const spec: Spec = {
    ...draft,
    process: toProcess(config['process']),
    mounts: list<Mount>(config['mounts'], 'mounts').map((mount) => absoluteMount(mount, bundle)),
    linux: {
      ...draft.linux,
      namespaces: list<Namespace>(linux['namespaces'], 'linux.namespaces').map(checkNamespace),
      resources: {
        ...resources,
        devices: withDefaults(list<DeviceCgroup>(resources['devices'], 'linux.resources.devices')),
      },
    },
  };
  if (spec.linux.namespaces.some(({ type, path }) => type === 'user' && path === undefined)) {
    if (!(spec.linux.uidMappings?.length ?? 0)) {
      throw new TskerError('invalid', 'User namespaces enabled, but no uid mappings found.');
    }
  }
  return { spec, hooks: isObject(config['hooks']) ? toHooks(config['hooks']) : {} };
}

/** A process of config.json, or of `exec --process`. */
export function toProcess(value: unknown): Process {
  if (!isObject(value)) throw new TskerError('invalid', 'process must be specified');
  const args = list<string>(value['args'], 'process.args');
  if (args.length === 0) throw new TskerError('invalid', 'args must not be empty');
  const cwd = value['cwd'];
  if (typeof cwd !== 'string' || !cwd.startsWith('/')) throw new TskerError('invalid', 'Cwd must be an absolute path');
  const env = list<string>(value['env'], 'process.env');
  if (![...args, ...env].every((one) => typeof one === 'string')) {
    throw new TskerError('invalid', 'process.args and process.env are lists of strings');
  }
  const user = isObject(value['user']) ? value['user'] : {};
  const draft = value as unknown as Process;
  return { ...draft, args, env, cwd, user: { ...user, uid: id(user['uid']), gid: id(user['gid']) } };
}

function id(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32) return value;
  throw new TskerError('invalid', `invalid user or group id ${JSON.stringify(value)}`);
}

export const HOOK_POINTS: readonly HookPoint[] = [
  'prestart',
  'createRuntime',
  'createContainer',
  'startContainer',
  'poststart',
  'poststop',
];

function toHooks(value: Loose): Hooks {
  const entries = HOOK_POINTS.map((point) => [point, list<Hook>(value[point], `hooks.${point}`)] as const);
  for (const [point, hooks] of entries) {
    for (const { path } of hooks) {
      if (typeof path !== 'string' || !isAbsolute(path)) {
        throw new TskerError('invalid', `hooks.${point}: path must be absolute`);
      }
    }
  }
  return Object.fromEntries(entries.filter(([, hooks]) => hooks.length > 0));
}

const NAMESPACES: ReadonlySet<string> = new Set(['pid', 'network', 'mount', 'ipc', 'uts', 'user', 'cgroup']);

/** An empty path is none. */
function checkNamespace({ type, path }: Namespace): Namespace {
  if (!NAMESPACES.has(type)) {
    throw new TskerError('invalid', `namespace {${JSON.stringify(type)} ${JSON.stringify(path ?? '')}} does not exist`);
  }
  return path === undefined || path === '' ? { type } : { type, path };
}

function absoluteMount(mount: Mount, bundle: string): Mount {
  if (!isObject(mount) || typeof mount.destination !== 'string') {
    throw new TskerError('invalid', 'a mount has no destination');
  }
  const destination = isAbsolute(mount.destination) ? mount.destination : `/${mount.destination}`;
  const isBind = mount.type === 'bind' || (mount.options ?? []).some((one) => one === 'bind' || one === 'rbind');
  if (!isBind || mount.source === undefined) return { ...mount, destination };
  return { ...mount, destination, source: resolve(bundle, mount.source) };
}

/** As runc: nothing is allowed that is not said. podman says little, and counts on what the runtime adds. */
function withDefaults(rules: readonly DeviceCgroup[]): DeviceCgroup[] {
  return [{ allow: false, access: 'rwm' }, ...rules];
}

function list<T>(value: unknown, what: string): readonly T[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new TskerError('invalid', `${what} is not a list`);
  return value as readonly T[];
}

function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
