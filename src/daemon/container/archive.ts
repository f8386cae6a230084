// docker cp: what is at a path of a container, that path as an archive, and an archive into a directory. The walking is
// layer/archive.ts's; this is who may, in Docker's words (moby daemon/archive.go).
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { ArchivePlacing, ArchiveReading, ArchiveUpload } from '../../api/container/backend.ts';
import { ArchiveError, type OpenedPath, openPath, packPathTo, placeTree, statPath } from '../../layer/archive.ts';
import { containerPath } from '../../layer/archive-path.ts';
import type { Native } from '../../native/native.ts';
import type { ContainerPathStat } from '../../types/archive.ts';
import { TskerError } from '../../util/errors.ts';
import { YoungGarbage } from '../../util/young-garbage.ts';
import type { EventSink } from '../events.ts';
import type { Container } from './container.ts';
import { emitContainerEvent } from './event.ts';
import type { LaunchDependencies } from './launch.ts';
import { mountsOf } from './mounts/of-record.ts';
import { type ArchiveSource, archiveContent } from './packed.ts';
import { idsOf, openReadableRoot, type RootDependencies, withWritableRoot } from './root.ts';

export interface ArchiveDependencies extends RootDependencies {
  readonly events: EventSink;
  readonly resolveUser: LaunchDependencies['resolveUser'];
}

/** What the client called the container, and the path in it. */
export interface ArchivePath {
  readonly reference: string;
  readonly path: string;
}

export async function statContainerPath(
  dependencies: RootDependencies,
  container: Container,
  { reference, path }: ArchivePath,
): Promise<ContainerPathStat> {
  const root = await openReadableRoot(dependencies, container, { mounts: true });
  try {
    return await statPath(dependencies.native, { root: root.fd, path });
  } catch (error) {
    throw inDockersWords(error, { reference, path });
  } finally {
    await root.close();
  }
}

export interface ArchiveRequest extends ArchivePath {
  /** What its first entry is called instead of its own name. */
  readonly name?: string;
  readonly signal: AbortSignal;
}

export async function readContainerArchive(
  dependencies: ArchiveDependencies,
  container: Container,
  request: ArchiveRequest,
): Promise<ArchiveReading> {
  const { stat, source } = await openContainerArchive(dependencies, container, request);
  return { stat, content: archiveContent(dependencies.native, source) };
}

export async function openContainerArchive(
  dependencies: ArchiveDependencies,
  container: Container,
  { reference, path, name, signal }: ArchiveRequest,
): Promise<{ readonly stat: ContainerPathStat; readonly source: ArchiveSource }> {
  const { native, events } = dependencies;
  const root = await openReadableRoot(dependencies, container, { mounts: true });
  let opened: OpenedPath;
  try {
    opened = await openPath(native, { root: root.fd, path });
  } catch (error) {
    await root.close();
    throw inDockersWords(error, { reference, path });
  }
  emitContainerEvent(events, container, 'archive-path');
  const options = { signal, ...idsOf(dependencies, container) };
  const close = (): Promise<void> => {
    opened.close();
    return root.close();
  };
  const pack = packPathTo(native, { ...opened, name: name ?? opened.name }, options);
  return { stat: opened.stat, source: { pack, close } };
}

export function placeContainerArchive(
  dependencies: ArchiveDependencies,
  container: Container,
  { body, ...placing }: ArchivePath & ArchiveUpload,
): Promise<void> {
  return placeWritten(dependencies, container, {
    ...placing,
    write: (fd) => feed(body, new Socket({ fd, readable: false, writable: true })),
  });
}

/** What is placed comes from who writes it into a pipe. */
export interface WrittenArchive extends ArchivePath, ArchivePlacing {
  /** The descriptor is taken over. */
  readonly write: (fd: number) => Promise<unknown>;
  readonly signal: AbortSignal;
}

/** Throws ArchiveError; nothing is taken back of what was unpacked before it failed. */
export async function placeWritten(
  dependencies: ArchiveDependencies,
  container: Container,
  archive: WrittenArchive,
): Promise<void> {
  const { reference, path, noOverwriteDirNonDir, copyUidGid, write, signal } = archive;
  const { native, events } = dependencies;
  const owner = copyUidGid ? ownerOf(dependencies, container) : undefined;
  await withWritableRoot(dependencies, container, async (root) => {
    if (container.record.hostConfig.ReadonlyRootfs) await refuseReadOnly(native, container, { root, at: archive });
    const pipe = native.pipe({ wide: true });
    const placed = placeTree(native, {
      root,
      path,
      fd: pipe.read,
      noOverwriteDirNonDir,
      signal,
      ...(owner === undefined ? {} : { owner }),
      ...idsOf(dependencies, container),
    });
    // When placing fails its end of the pipe is closed, and that is the error to tell of, not the broken pipe.
    const [outcome, fed] = await Promise.allSettled([placed, write(pipe.write)]);
    if (outcome.status === 'rejected') {
      throw inDockersWords(outcome.reason, { reference, path, container });
    }
    if (fed.status === 'rejected') throw new TskerError('cancelled', 'the archive was cut off', { cause: fed.reason });
  });
  emitContainerEvent(events, container, 'extract-to-dir');
}

/** When the sink breaks, the body is left as it is: the client that sends it is to read why. */
async function feed(body: Readable, sink: Socket): Promise<void> {
  body.once('close', () => {
    if (!body.readableEnded) sink.destroy();
  });
  const garbage = new YoungGarbage();
  const count = (chunk: Uint8Array): void => garbage.passed(chunk.length);
  body.on('data', count).pipe(sink);
  try {
    await finished(sink);
  } finally {
    body.unpipe(sink).off('data', count);
  }
}

/** A container without a user of its own keeps the owners that the archive has. */
function ownerOf(
  { layers, resolveUser }: Pick<ArchiveDependencies, 'layers' | 'resolveUser'>,
  { id, record }: Container,
): { readonly uid: number; readonly gid: number } | undefined {
  if (record.config.User === '') return undefined;
  const { uid, gid } = resolveUser(layers.containerLayer(id).rootfs, record.config.User, []);
  return { uid, gid };
}

/** The layers of a container that does not run can be written to, whatever it was made with. */
async function refuseReadOnly(
  native: Native,
  container: Container,
  { root, at: { reference, path } }: { readonly root: number; readonly at: ArchivePath },
): Promise<void> {
  const refuse = new ArchiveError('read_only', ROOT_IS_READ_ONLY);
  try {
    const { linkTarget } = await statPath(native, { root, path });
    if (mountAbove(container, linkTarget === '' ? path : linkTarget) === undefined) throw refuse;
  } catch (error) {
    throw inDockersWords(error, { reference, path });
  }
}

const ROOT_IS_READ_ONLY = 'container rootfs is marked read-only';

/** The user's mount that a path is in, by its name. */
function mountAbove({ record }: Container, path: string) {
  const below = `${containerPath(path)}/`;
  return mountsOf(record)
    .filter(({ destination }) => below.startsWith(`${destination}/`))
    .toSorted((a, b) => b.destination.length - a.destination.length)
    .at(0);
}

interface Failed extends ArchivePath {
  readonly container?: Container;
}

function inDockersWords(error: unknown, { reference, path, container }: Failed): unknown {
  if (!(error instanceof ArchiveError)) return error;
  if (error.reason === 'path_not_found') {
    const message = `Could not find the file ${path} in container ${reference}`;
    return new ArchiveError('path_not_found', message, { cause: error });
  }
  if (error.reason === 'not_a_directory' && error.errno === 'ENOTDIR' && container === undefined) {
    return new ArchiveError('not_a_directory', `lstat ${path}: not a directory`, { cause: error });
  }
  if (error.reason === 'read_only' && container !== undefined) {
    const inMount = mountAbove(container, path) !== undefined;
    return new ArchiveError('read_only', inMount ? 'mounted volume is marked read-only' : ROOT_IS_READ_ONLY, {
      cause: error,
    });
  }
  return error;
}
