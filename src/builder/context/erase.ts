// Takes paths out of a tree whose content is hostile: a directory in it may be a link by now. They become the whiteouts of a
// layer, which the native library applies within the tree.
import { posix } from 'node:path';
import { PipeSink } from '../../image/pipe-sink.ts';
import { tarEnd, tarHeader } from '../../image/tar-writer.ts';
import type { ContextParts } from './parts.ts';

const WHITEOUT = '.wh.';
/** A name that would mean the layer's own bookkeeping. */
const RESERVED = '.wh..wh.';

/** Paths relative to `directory`; those that are not there are passed over. */
export async function removePaths(
  native: Pick<ContextParts['native'], 'extract' | 'pipe'>,
  directory: string,
  paths: readonly string[],
): Promise<void> {
  if (paths.length === 0) return;
  const pipe = native.pipe();
  const sink = new PipeSink(pipe.write);
  const applied = native.extract({ fd: pipe.read, target: directory, whiteouts: 'apply' });
  const fed = (async () => {
    for (const path of paths) await sink.write(whiteoutOf(path));
    await sink.write(tarEnd());
    await sink.end();
  })().finally(() => sink.destroy());
  const [outcome, written] = await Promise.allSettled([applied, fed]);
  if (outcome.status === 'rejected') throw outcome.reason;
  if (written.status === 'rejected') throw written.reason;
}

function whiteoutOf(path: string): Buffer {
  const { dir, base } = posix.parse(path);
  if (`${WHITEOUT}${base}`.startsWith(RESERVED)) throw new Error(`a path cannot be taken out: ${path}`);
  return tarHeader({ name: posix.join(dir, WHITEOUT + base), type: 'file', mode: 0o600, mtime: 0 });
}
