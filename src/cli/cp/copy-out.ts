// cp out of a container: to a path of this machine, or as a tar archive to stdout.
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ApiClient } from '../../client/client.ts';
import { YoungGarbage } from '../../util/young-garbage.ts';
import type { Io } from '../io.ts';
import { containerPath } from '../targets.ts';
import { absolutePath, checkTarget, describeTarget } from './local.ts';
import { type Followed, followedPath, placeCopy, resolveLink, splitEntry } from './paths.ts';
import { isDirectory, isSymlink, parsePathStat, type RemotePath, statRemote } from './remote.ts';
import { takeNear } from './take-near.ts';
import { unpackLocal } from './unpack.ts';

export interface CopyOut {
  readonly client: ApiClient;
  readonly io: Io;
  readonly source: RemotePath;
  /** `-`: stdout. */
  readonly target: string;
  readonly follow: boolean;
  readonly report: (bytes: number, target: string) => void;
}

export async function copyOut({ client, io, source, target, follow, report }: CopyOut): Promise<void> {
  const path = target === '-' ? target : absolutePath(target);
  if (target !== '-') checkTarget(path);
  const found = follow ? await followRemote(client, source) : { path: source.path, name: undefined };
  const near =
    target === '-' ? undefined : await takeNear(client, { container: source.container, found, target: path });
  if (near?.bytes !== undefined) return report(near.bytes, path);
  const { head, body } = await client.request('GET', containerPath(source.container, 'archive'), {
    query: { path: found.path },
  });
  if (target === '-') return pipeline(body.stream(), io.stdout, { end: false });
  try {
    const stat = parsePathStat(head);
    const place = near?.place ?? placeCopy({ ...found, isDirectory: isDirectory(stat) }, describeTarget(path));
    const counter = new Counter();
    const archive = body.stream();
    archive.on('error', (error) => counter.destroy(error));
    await unpackLocal(archive.pipe(counter), {
      ...place,
      entry: splitEntry(found.path).base,
      warn: (message) => io.stderr.write(`tsker: ${message}\n`),
    });
    report(counter.bytes, path);
  } finally {
    body.discard();
  }
}

/** What a link in the container leads to; itself when it is none, or is not there: the daemon says so. */
async function followRemote(client: ApiClient, source: RemotePath): Promise<Followed> {
  const stat = await statRemote(client, source).catch(() => undefined);
  if (stat === undefined || !isSymlink(stat)) return { path: source.path, name: undefined };
  return followedPath(source.path, resolveLink(source.path, stat.linkTarget));
}

class Counter extends Transform {
  bytes = 0;
  readonly #garbage = new YoungGarbage();

  override _transform(chunk: Buffer, _encoding: string, done: (error: null, chunk: Buffer) => void): void {
    this.bytes += chunk.length;
    this.#garbage.passed(chunk.length);
    done(null, chunk);
  }
}
