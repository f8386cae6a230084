// Trees of scanned names: laying one overlay layer over another tree, and listing what differs between two, as Docker's
// `diff` does. Pure.
import type { LayerChange } from './driver.ts';
import { isDirectory, isWhiteout, type ScanRecord } from './scan.ts';

export interface TreeNode {
  /** Undefined for the root, whose own metadata is no change of a layer. */
  readonly record: ScanRecord | undefined;
  readonly children: ReadonlyMap<string, TreeNode>;
}

interface MutableNode extends TreeNode {
  record: ScanRecord | undefined;
  readonly children: Map<string, MutableNode>;
}

/** A tree of records in which a directory comes before what it holds. */
export function toTree(records: readonly ScanRecord[]): TreeNode {
  const root: MutableNode = { record: undefined, children: new Map() };
  for (const record of records) {
    const { parent, name } = placeOf(root, record.path);
    parent.children.set(name, { record, children: new Map() });
  }
  return root;
}

function placeOf(root: MutableNode, path: string): { parent: MutableNode; name: string } {
  const names = path.slice(1).split('/');
  const name = names.pop() ?? '';
  let parent = root;
  for (const step of names) {
    const next = parent.children.get(step);
    if (next === undefined) throw new Error(`${path} came before its directory`);
    parent = next;
  }
  return { parent, name };
}

/** What a mount of `upper` over `lower` shows. `upper` is in overlay's form; names below an opaque directory are its own. */
export function overlay(lower: TreeNode, upper: TreeNode): TreeNode {
  const children = new Map(lower.children);
  for (const [name, node] of upper.children) {
    const record = node.record;
    if (record !== undefined && isWhiteout(record)) children.delete(name);
    else children.set(name, layOver(children.get(name), node));
  }
  return { record: upper.record ?? lower.record, children };
}

const EMPTY: TreeNode = { record: undefined, children: new Map() };

function layOver(below: TreeNode | undefined, node: TreeNode): TreeNode {
  const merges =
    below?.record !== undefined &&
    isDirectory(below.record) &&
    node.record !== undefined &&
    isDirectory(node.record) &&
    !node.record.opaque;
  return overlay(merges ? below : EMPTY, node);
}

/**
 * What turned `before` into `after`, in the order of paths. As in Docker, a directory counts as modified when anything in it
 * changed, its own time counts nothing, and of a deleted directory only the directory is listed.
 */
export function compareTrees(before: TreeNode, after: TreeNode): LayerChange[] {
  return changedBytes(before, after).map(({ path, kind }) => ({
    path: Buffer.from(path, 'latin1').toString('utf8'),
    kind,
  }));
}

/** The same with the paths of scan records: a character a byte. */
export function changedBytes(before: TreeNode, after: TreeNode): LayerChange[] {
  const changes: LayerChange[] = [];
  collect(changes, '', { before, after });
  return changes;
}

interface Pair {
  readonly before: TreeNode | undefined;
  readonly after: TreeNode;
}

function collect(changes: LayerChange[], path: string, { before, after }: Pair): void {
  const old = before?.children ?? EMPTY.children;
  const names = [...new Set([...old.keys(), ...after.children.keys()])].sort();
  for (const name of names) {
    const now = after.children.get(name);
    const then = old.get(name);
    if (now === undefined) changes.push({ path: `${path}/${name}`, kind: 'deleted' });
    else collectChild(changes, `${path}/${name}`, { before: then, after: now });
  }
}

function collectChild(changes: LayerChange[], path: string, { before, after }: Pair): void {
  const at = changes.length;
  const directory = after.record !== undefined && isDirectory(after.record);
  if (directory) collect(changes, path, { before, after });
  const inside = changes.length > at;
  if (before === undefined) changes.splice(at, 0, { path, kind: 'added' });
  else if (inside || differs(before.record, after.record)) changes.splice(at, 0, { path, kind: 'modified' });
}

function differs(before: ScanRecord | undefined, after: ScanRecord | undefined): boolean {
  if (before === undefined || after === undefined) return before !== after;
  const same =
    before.mode === after.mode &&
    before.uid === after.uid &&
    before.gid === after.gid &&
    before.device === after.device &&
    before.xattrs === after.xattrs &&
    (isDirectory(after) ||
      (before.mtime === after.mtime && before.bytes === after.bytes && before.link === after.link));
  return !same;
}

/** Bytes of files, every inode once. */
export function sumOfFiles(records: Iterable<ScanRecord>): number {
  const seen = new Set<bigint>();
  let sum = 0;
  for (const record of records) {
    if (isDirectory(record) || isWhiteout(record) || seen.has(record.inode)) continue;
    if (record.links > 1) seen.add(record.inode);
    sum += record.bytes;
  }
  return sum;
}
