// What a command leaves for the next one: a directory for each container below --root, with state.json in it, which is written
// under another name and renamed. Two commands at once are told apart by the file system: making the directory is to have the
// id, renaming the gate is to have started it, renaming state.json is to have deleted it.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerCgroups } from '../runtime/cgroup/paths.ts';
import type { Spec } from '../runtime/spec.ts';
import { TskerError } from '../util/errors.ts';
import type { Hooks } from './bundle.ts';

const FORMAT = 1;

/** state.json. */
export interface Container {
  readonly id: string;
  readonly bundle: string;
  /** The root file system, absolute. */
  readonly rootfs: string;
  /** RFC 3339. */
  readonly created: string;
  /** In the host's PID namespace; 0 while it is being created. */
  readonly pid: number;
  /** Of the process, in ticks since boot: another one may have its pid later. */
  readonly startTime: string;
  readonly cgroups: ContainerCgroups;
  readonly spec: Spec;
  readonly hooks: Hooks;
}

export class Store {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** A file of a container's directory. */
  path(id: string, name = ''): string {
    return join(this.#root, checkId(id), name);
  }

  /** Compiled seccomp filters; no container has this name. */
  get cache(): string {
    return join(this.#root, '.seccomp');
  }

  /** Takes an id. Throws `conflict` when somebody has it. */
  claim(id: string): void {
    const path = this.path(id);
    mkdirSync(this.#root, { recursive: true, mode: 0o700 });
    try {
      mkdirSync(path, { mode: 0o711 });
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
      throw new TskerError('conflict', 'container with given ID already exists', { cause: error });
    }
  }

  read(id: string): Container {
    const found = this.find(id);
    if (found === undefined) throw new TskerError('not_found', 'container does not exist');
    return found;
  }

  /** Undefined: there is no such container, or it is not yet known what belongs to it. */
  find(id: string): Container | undefined {
    let text: string;
    try {
      text = readFileSync(this.path(id, 'state.json'), 'utf8');
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
    const { format, ...container } = JSON.parse(text) as Container & { format: number };
    if (format !== FORMAT) {
      throw new TskerError('unsupported', `container ${id} was created by another version (format ${format})`);
    }
    return container;
  }

  write(container: Container): void {
    const path = this.path(container.id, 'state.json');
    writeFileSync(`${path}.tmp`, JSON.stringify({ format: FORMAT, ...container }), { mode: 0o600 });
    renameSync(`${path}.tmp`, path);
  }

  /** False when another command was first. */
  unclaim(id: string): boolean {
    try {
      renameSync(this.path(id, 'state.json'), this.path(id, 'deleted.json'));
      return true;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return false;
      throw error;
    }
  }

  remove(id: string): void {
    rmSync(this.path(id), { recursive: true, force: true });
  }

  /** Of all containers, sorted. */
  ids(): string[] {
    if (!existsSync(this.#root)) return [];
    const entries = readdirSync(this.#root, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .sort();
  }
}

/** runc's rule. An id is a name in a directory. */
export function checkId(id: string): string {
  if (!/^[\w+.-]{1,255}$/.test(id) || id.startsWith('.'))
    throw new TskerError('invalid', 'invalid container ID format');
  return id;
}

export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
