// Finds plugins by their names in directories: sockets first, then spec files. It speaks to none of them.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, TskerError } from '../util/errors.ts';
import { type PluginAddress, parseJsonSpec, parseSpec } from './address.ts';

/** Docker's: where sockets are made, and where administrators and packages put spec files. */
export const PLUGIN_DIRECTORIES = ['/run/docker/plugins', '/etc/docker/plugins', '/usr/lib/docker/plugins'];

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.:-]*$/;
/** A spec file is a line; whatever is larger is none. */
const SPEC_MAX = 64 * 1024;

/** Undefined: no such plugin. Throws `invalid` for a spec file that cannot be understood. */
export function findPlugin(directories: readonly string[], name: string): PluginAddress | undefined {
  // A name is looked for as a file: it leads nowhere else.
  if (!NAME.test(name)) return undefined;
  for (const suffix of ['.sock', '.spec', '.json']) {
    for (const directory of directories) {
      for (const path of [join(directory, `${name}${suffix}`), join(directory, name, `${name}${suffix}`)]) {
        const address = readAddress(path, suffix);
        if (address !== undefined) return address;
      }
    }
  }
  return undefined;
}

function readAddress(path: string, suffix: string): PluginAddress | undefined {
  const status = statSync(path, { throwIfNoEntry: false });
  if (suffix === '.sock') return status?.isSocket() === true ? { kind: 'unix', path } : undefined;
  if (status?.isFile() !== true || status.size > SPEC_MAX) return undefined;
  try {
    const text = readFileSync(path, 'utf8');
    return suffix === '.json' ? parseJsonSpec(text) : parseSpec(text);
  } catch (cause) {
    throw new TskerError('invalid', `${path}: ${messageOf(cause)}`, { cause });
  }
}

/** The names of all that can be found. */
export function listPlugins(directories: readonly string[]): string[] {
  const names = new Set<string>();
  for (const directory of directories) {
    for (const entry of entriesOf(directory)) {
      const name = entry.replace(/\.(sock|spec|json)$/, '');
      if (name !== entry || entriesOf(join(directory, entry)).some((below) => below.startsWith(`${entry}.`))) {
        names.add(name);
      }
    }
  }
  return [...names].toSorted();
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    // It is not there, or no directory: it holds no plugin.
    return [];
  }
}
