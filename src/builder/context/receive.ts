// Receives the context of a build, wherever it is: a tar in the request, what changed since the client's last build, a
// repository, an address. It answers a directory and the Dockerfile's text, or leaves nothing.
import { TskerError, withCleanupFailure } from '../../util/errors.ts';
import { placeArchive } from './archive.ts';
import type { BuildContext, ContextRequest, ReceiveContext } from './context.ts';
import { takeDockerfile } from './dockerfile.ts';
import type { ContextParts } from './parts.ts';
import { detectRemote } from './remote/detect.ts';
import { cloneRepository } from './remote/git.ts';
import { download } from './remote/http.ts';
import type { ContextStore } from './store/store.ts';
import { makeWorkspace } from './workspace.ts';

export interface ReceiverParts extends ContextParts {
  readonly store: ContextStore;
}

export function contextReceiver(parts: ReceiverParts): ReceiveContext {
  return async (request) => {
    if (request.token !== undefined) return await receiveChanges(parts, request, request.token);
    const workspace = makeWorkspace(parts.native, parts.tmp);
    try {
      const found = await fill(parts, request, workspace.path);
      return { ...found, release: workspace.remove };
    } catch (error) {
      throw await afterCleanup(error, workspace.remove);
    }
  };
}

type Received = Omit<BuildContext, 'release'>;

async function fill(parts: ReceiverParts, request: ContextRequest, directory: string): Promise<Received> {
  const { body, remote, signal } = request;
  if (remote === undefined) return await fillFromArchive(parts, request, { body, directory });
  const detected = detectRemote(remote);
  if (detected.kind === 'http') return await fillFromAddress(parts, request, directory);
  const root = await cloneRepository({ remote: detected, directory, signal });
  return await withDockerfile(parts, request, root);
}

async function fillFromArchive(
  parts: ReceiverParts,
  request: ContextRequest,
  { body, directory }: { readonly body: AsyncIterable<Uint8Array>; readonly directory: string },
): Promise<Received> {
  await placeArchive(parts, { body, directory, signal: request.signal });
  return await withDockerfile(parts, request, directory);
}

async function withDockerfile(parts: ReceiverParts, request: ContextRequest, root: string): Promise<Received> {
  const { dockerfile } = await takeDockerfile(parts.native, { directory: root, name: request.dockerfile });
  return { root, dockerfile };
}

async function fillFromAddress(
  parts: ReceiverParts,
  request: ContextRequest & { readonly remote?: string | undefined },
  directory: string,
): Promise<Received> {
  const { remote: url = '', signal, output } = request;
  output.send({ stream: `Downloading build context from remote url: ${url}\n` });
  const found = await download({ url, userAgent: parts.userAgent, signal });
  try {
    if (found.kind === 'archive') return await fillFromArchive(parts, request, { body: found.body, directory });
    return { root: directory, dockerfile: { name: 'Dockerfile', text: await readText(found.body) } };
  } finally {
    found.close();
  }
}

/** Bytes. */
const MAX_DOCKERFILE = 16 * 1024 * 1024;

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_DOCKERFILE) throw new TskerError('invalid', `the Dockerfile is larger than ${MAX_DOCKERFILE} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The stored tree, brought up to date. It is the next build's as well, so it stays when this build ends. */
async function receiveChanges(parts: ReceiverParts, request: ContextRequest, token: string): Promise<BuildContext> {
  const lease = parts.store.take(token);
  try {
    const { body, signal } = request;
    await lease.update((directory) => placeArchive(parts, { body, directory, signal }));
    const { dockerfile, removed } = await takeDockerfile(parts.native, {
      directory: lease.directory,
      name: request.dockerfile,
    });
    await lease.forget(removed);
    return { root: lease.directory, dockerfile, release: () => lease.release() };
  } catch (error) {
    throw await afterCleanup(error, () => lease.release());
  }
}

async function afterCleanup(error: unknown, cleanUp: () => Promise<void>): Promise<unknown> {
  try {
    await cleanUp();
    return error;
  } catch (cleanup) {
    return withCleanupFailure(error, cleanup);
  }
}
