// cp into a container: from a path of this machine, or a tar archive from stdin.
import type { ApiClient } from '../../client/client.ts';
import type { Query } from '../../client/http/request.ts';
import { TskerError } from '../../util/errors.ts';
import { YoungGarbage } from '../../util/young-garbage.ts';
import type { Io } from '../io.ts';
import { containerPath } from '../targets.ts';
import { absolutePath, describeSource } from './local.ts';
import { type PackRequest, packLocal } from './pack.ts';
import { type CopyTarget, placeCopy, resolveLink } from './paths.ts';
import { placeNear } from './place-near.ts';
import { isDirectory, isSymlink, type RemotePath, statRemote, strangeKind } from './remote.ts';

export interface CopyIn {
  readonly client: ApiClient;
  readonly io: Io;
  /** `-`: stdin. */
  readonly source: string;
  readonly target: RemotePath;
  readonly follow: boolean;
  /** All is to belong to the container's user. */
  readonly archive: boolean;
  readonly report: (bytes: number, target: string) => void;
}

export async function copyIn(options: CopyIn): Promise<void> {
  const { client, target, archive, report } = options;
  const found = await describeRemote(client, target);
  const { directory, source } = prepare(options, found);
  const query = { path: directory, noOverwriteDirNonDir: true, ...(archive ? { copyUIDGID: true } : {}) };
  const { container } = target;
  const near = 'path' in source ? await placeNear(client, { ...source, container, query }) : undefined;
  const bytes = near ?? (await send(client, { container, query, content: contentOf(source) }));
  report(bytes, `${container}:${found.path}`);
}

interface Sent {
  readonly container: string;
  readonly query: Query;
  readonly content: AsyncIterable<Uint8Array>;
}

/** Answers how many bytes it were. */
async function send(client: ApiClient, { container, query, content }: Sent): Promise<number> {
  const counted = new Counted(content);
  await client.request('PUT', containerPath(container, 'archive'), {
    query,
    headers: { 'Content-Type': 'application/x-tar' },
    body: counted,
  });
  return counted.bytes;
}

/** Something of this machine, or an archive. */
type Source = PackRequest | { readonly archive: AsyncIterable<Uint8Array> };

function contentOf(source: Source): AsyncIterable<Uint8Array> {
  return 'path' in source ? packLocal(source) : source.archive;
}

interface Prepared {
  readonly directory: string;
  readonly source: Source;
}

function prepare({ io, source, target, follow }: CopyIn, found: CopyTarget): Prepared {
  if (source === '-') {
    if (!found.isDirectory) {
      throw new TskerError('invalid', `destination "${target.container}:${target.path}" must be a directory`);
    }
    return { directory: found.path, source: { archive: io.stdin } };
  }
  const local = describeSource(absolutePath(source), { follow });
  const { directory, name } = placeCopy(local, found);
  const warn = (message: string): void => void io.stderr.write(`tsker: ${message}\n`);
  return { directory, source: { path: local.path, name, warn } };
}

/** What is there, or what its link leads to. When it cannot be said, the copy may still succeed, or the daemon says why not. */
async function describeRemote(client: ApiClient, target: RemotePath): Promise<CopyTarget> {
  const { container } = target;
  const stat = (path: string) => statRemote(client, { container, path }).catch(() => undefined);
  let { path } = target;
  let found = await stat(path);
  if (found !== undefined && isSymlink(found)) {
    path = resolveLink(path, found.linkTarget);
    found = await stat(path);
  }
  if (found === undefined) return { path, exists: false, isDirectory: false };
  const strange = strangeKind(found);
  if (strange !== undefined) {
    const what = `destination "${container}:${target.path}" must be a directory or a regular file`;
    throw new TskerError('invalid', `${what}: ${strange}`);
  }
  return { path, exists: true, isDirectory: isDirectory(found) };
}

class Counted implements AsyncIterable<Uint8Array> {
  bytes = 0;
  readonly #content: AsyncIterable<Uint8Array>;

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#content = content;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const garbage = new YoungGarbage();
    for await (const chunk of this.#content) {
      this.bytes += chunk.length;
      garbage.passed(chunk.length);
      yield chunk;
    }
  }
}
