// Processes as a tree with the role each plays. Pure: a list in, a tree out.
import type { ProcessFacts } from './processes.ts';

export type Role = 'daemon' | 'containerd' | 'shim' | 'runtime' | 'container' | 'other';

export interface ProcessNode {
  readonly pid: number;
  readonly parent: number;
  readonly role: Role;
  /** Of a container's first process. */
  readonly container?: string;
  /** Its words, without the paths that only this tour has. */
  readonly command: string;
  /** Bytes (PSS); where it was measured. */
  readonly memory?: number;
  readonly children: readonly ProcessNode[];
}

export interface TreeOptions {
  /** Pid → name of the container whose first process it is. */
  readonly containers: ReadonlyMap<number, string>;
  /** Of a process that is not a container's first: whether it is in one all the same, as exec starts it. */
  readonly inside?: (pid: number) => boolean;
  readonly memory?: (pid: number) => number;
}

/** The role that a process of the engine plays, by what it calls itself. */
export function roleOf({ comm, words }: Pick<ProcessFacts, 'comm' | 'words'>): Role {
  // Behind the program (and, from source, Node's script) stands what it is to be; who renamed itself has it all in one word.
  const [first = '', second = '', third = ''] = words.length === 1 ? (words[0] ?? '').split(' ') : words;
  const role = [second, third].find((word) => word === 'daemon' || word === 'containerd' || word === 'runc');
  if (`${comm} ${first}`.includes('shim') || second === 'shim') return 'shim';
  if (role === 'runc' || /\brunc$/.test(first)) return 'runtime';
  if (role === 'daemon' || role === 'containerd') return role;
  const name = `${comm} ${first}`;
  if (/\bcontainerd\b/.test(name)) return 'containerd';
  return /\bdaemon\b/.test(name) ? 'daemon' : 'other';
}

/** The trees of `processes`: a root is one whose parent is not among them. Siblings in the order they were started. */
export function treeOf(processes: readonly ProcessFacts[], options: TreeOptions): readonly ProcessNode[] {
  const known = new Set(processes.map(({ pid }) => pid));
  const build = (facts: ProcessFacts, inside: boolean): ProcessNode => {
    const container = options.containers.get(facts.pid);
    const contained = inside || container !== undefined || options.inside?.(facts.pid) === true;
    const children = processes.filter(({ parent, pid }) => parent === facts.pid && pid !== facts.pid);
    return {
      pid: facts.pid,
      parent: facts.parent,
      role: contained ? 'container' : roleOf(facts),
      command: shortCommand(facts),
      ...(container === undefined ? {} : { container }),
      ...(options.memory === undefined ? {} : { memory: options.memory(facts.pid) }),
      children: children.sort(byStart).map((child) => build(child, contained)),
    };
  };
  return processes
    .filter(({ parent }) => !known.has(parent))
    .sort(byStart)
    .map((root) => build(root, false));
}

/** Every node, parents before their children. */
export function flatten(roots: readonly ProcessNode[]): readonly ProcessNode[] {
  return roots.flatMap((node) => [node, ...flatten(node.children)]);
}

function byStart(one: ProcessFacts, other: ProcessFacts): number {
  return one.started - other.started || one.pid - other.pid;
}

/** `tsker daemon …`: the program by its last name, and no flags, whose values are paths of a temporary directory. */
export function shortCommand({ comm, words }: Pick<ProcessFacts, 'comm' | 'words'>): string {
  if (words.length === 0) return `[${comm}]`;
  const [program = '', ...rest] = words;
  const script = /\/main\.ts$/.test(rest[0] ?? '');
  const name = script ? 'tsker' : (program.split('/').at(-1) ?? program);
  const kept: string[] = [];
  for (const word of script ? rest.slice(1) : rest) {
    if (word.startsWith('-') || kept.length === 4) return [name, ...kept, '…'].join(' ');
    kept.push(word.length > 24 ? `${word.slice(0, 12)}…` : word);
  }
  return [name, ...kept].join(' ');
}
