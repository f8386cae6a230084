// What the host looks like from outside, so that a test can show that nothing is left: mounts, cgroups, namespaces,
// links, firewall tables, processes. `snapshotHost` for a run that has the host for itself, `findTraces` for one
// that runs beside others and knows its own names.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.ts';

const CGROUP_ROOT = '/sys/fs/cgroup';
/** By its path: npm puts node_modules/.bin first in PATH, and a package there has an nft of its own. */
export const NFT = '/usr/sbin/nft';

export interface HostSnapshot {
  /** Lines `<mount point> <type> <source> <options>`. */
  readonly mounts: readonly string[];
  readonly cgroups: readonly string[];
  /** Named and bound network namespaces, and those that only processes hold. */
  readonly netns: readonly string[];
  readonly links: readonly string[];
  /** `family name`. */
  readonly tables: readonly string[];
  /** `pid command`. */
  readonly processes: readonly string[];
}

export async function snapshotHost(): Promise<HostSnapshot> {
  const mounts = listMounts();
  return {
    mounts,
    cgroups: listCgroups(),
    netns: [...new Set([...processNamespaces(), ...mounts.filter((line) => line.split(' ')[1] === 'nsfs')])].sort(),
    links: readdirSync('/sys/class/net').sort(),
    tables: await listTables(),
    processes: listProcesses().map(({ pid, command }) => `${pid} ${command}`),
  };
}

/** What `after` has that `before` had not, `area: item` a line; empty when nothing was added. */
export function additions(before: HostSnapshot, after: HostSnapshot): string[] {
  const areas: readonly (keyof HostSnapshot)[] = ['mounts', 'cgroups', 'netns', 'links', 'tables', 'processes'];
  return areas.flatMap((area) => {
    const known = new Set(before[area]);
    return after[area].filter((item) => !known.has(item)).map((item) => `${area}: ${item}`);
  });
}

/** Everything on the host that carries one of `names` (roots, bridge, container ids), `area: item` a line. */
export async function findTraces(names: readonly string[]): Promise<string[]> {
  const carries = (text: string): boolean => names.some((name) => text.includes(name));
  const found = (area: string, items: readonly string[]): string[] =>
    items.filter(carries).map((item) => `${area}: ${item}`);
  return [
    ...found('mounts', listMounts()),
    ...found('cgroups', listCgroups()),
    ...found('links', listLinks()),
    ...found('tables', await listTables()),
    ...listProcesses()
      .filter(
        ({ pid, command }) => carries(command) || (hasOwnMounts(pid) && carries(readQuietly(`/proc/${pid}/mountinfo`))),
      )
      .map(({ pid, command }) => `processes: ${pid} ${command}`),
  ];
}

/** What shares our mount namespace has the mounts that are listed already. */
function hasOwnMounts(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`) !== readlinkSync('/proc/self/ns/mnt');
  } catch (error) {
    return unlessGone(error, false);
  }
}

function listMounts(): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [source, point, type, options] = line.split(' ');
      return `${point} ${type} ${source} ${options}`;
    })
    .sort();
}

function listCgroups(): string[] {
  const walk = (directory: string): string[] =>
    entriesOf(directory).flatMap((name) => [join(directory, name), ...walk(join(directory, name))]);
  return existsSync(CGROUP_ROOT) ? walk(CGROUP_ROOT).sort() : [];
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
  } catch (error) {
    return unlessGone(error, []);
  }
}

/** Names with the master, so that a veth shows the bridge it hangs on, and with the note that says whose a bridge is. */
function listLinks(): string[] {
  return readdirSync('/sys/class/net')
    .map((name) => {
      const note = readQuietly(`/sys/class/net/${name}/ifalias`).trim();
      try {
        return `${name} ${readlinkSync(`/sys/class/net/${name}/master`)} ${note}`;
      } catch (error) {
        return unlessGone(error, `${name} ${note}`);
      }
    })
    .sort();
}

async function listTables(): Promise<string[]> {
  // A host without the tool (the virtual machine's) cannot be asked.
  if (!existsSync(NFT)) return [];
  const { stdout } = await run([NFT, 'list', 'tables']);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^table /, ''))
    .sort();
}

function processNamespaces(): string[] {
  return listProcesses().flatMap(({ pid }) => {
    try {
      return [readlinkSync(`/proc/${pid}/ns/net`)];
    } catch (error) {
      return unlessGone(error, []);
    }
  });
}

/** Processes with a program; kernel threads and zombies have no command line. */
function listProcesses(): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), command: readQuietly(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim() }))
    .filter(({ command }) => command !== '');
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return unlessGone(error, '');
  }
}

/** Processes and cgroups come and go while they are listed; any other failure is one. */
function unlessGone<T>(error: unknown, value: T): T {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (['ENOENT', 'ESRCH', 'ENODEV', 'EINVAL', 'EACCES'].includes(code)) return value;
  throw error;
}
