// cp into a container: from a path of this machine, or a tar archive from stdin.
import type { ApiClient } from '../../client/client.ts';
import { TskerError } from '../../util/errors.ts';
import { YoungGarbage } from '../../util/young-garbage.ts';
import type { Io } from '../io.ts';
import { containerPath } from '../targets.ts';
import { absolutePath, describeSource } from './local.ts';
import { packLocal } from './pack.ts';
import { type CopyTarget, placeCopy, resolveLink } from './paths.ts';
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
  const { directory, content } = prepare(options, found);
  const counted = new Counted(content);
  await client.request('PUT', containerPath(target.container, 'archive'), {
    query: { path: directory, noOverwriteDirNonDir: true, ...(archive ? { copyUIDGID: true } : {}) },
    headers: { 'Content-Type': 'application/x-tar' },
    body: counted,
  });
  report(counted.bytes, `${target.container}:${found.path}`);
}

interface Prepared {
  readonly directory: string;
  readonly content: AsyncIterable<Uint8Array>;
}

function prepare({ io, source, target, follow }: CopyIn, found: CopyTarget): Prepared {
  if (source === '-') {
    if (!found.isDirectory) {
      throw new TskerError('invalid', `destination "${target.container}:${target.path}" must be a directory`);
    }
    return { directory: found.path, content: io.stdin };
  }
  const local = describeSource(absolutePath(source), { follow });
  const { directory, name } = placeCopy(local, found);
  const warn = (message: string): void => void io.stderr.write(`tsker: ${message}\n`);
  return { directory, content: packLocal({ path: local.path, name, warn }) };
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
