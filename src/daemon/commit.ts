// docker commit: finds the container, keeps it still while it is read, and hands what an image keeps of its settings to
// image/commit.ts.
import type { CommitBackend, CommitRequest } from '../api/commit/backend.ts';
import { type CommitOptions, commitContainer } from '../image/commit.ts';
import type { Image, ImageConfig } from '../image/store.types.ts';
import {
  isNameOnly,
  normalizedString,
  parseReference,
  withDefaultTag,
  withTagOrDigest,
} from '../registry/reference.ts';
import type { ContainerStatus } from '../types/container.ts';
import type { ContainerConfig } from '../types/container-config.ts';
import { TskerError } from '../util/errors.ts';
import type { Container } from './container/container.ts';
import { emitContainerEvent } from './container/event.ts';
import { type PauseDependencies, pauseContainer } from './container/pause.ts';
import type { ContainerStore } from './container/store.ts';
import { type UnpauseDependencies, unpauseContainer } from './container/unpause.ts';

export interface CommitDependencies extends CommitOptions, Omit<PauseDependencies & UnpauseDependencies, 'containers'> {
  readonly containers: ContainerStore;
}

export function commitBackend(dependencies: CommitDependencies): CommitBackend {
  return { commit: (request, signal) => commit(dependencies, request, signal) };
}

async function commit(dependencies: CommitDependencies, request: CommitRequest, signal: AbortSignal): Promise<string> {
  const container = dependencies.containers.resolve(request.container);
  const names = request.repo === undefined ? [] : [nameOf(request.repo, request.tag)];
  const { config, imageId } = container.record;
  const image = await whileStill(dependencies, { container, pause: request.pause }, () =>
    commitContainer(
      {
        containerId: container.id,
        base: baseOf(dependencies, imageId),
        config: imageConfig(config),
        changes: request.changes,
        names,
        author: request.author,
        comment: request.comment,
        signal,
      },
      dependencies,
    ),
  );
  emitContainerEvent(dependencies.events, container, 'commit', { comment: request.comment });
  return image.id;
}

function nameOf(repo: string, tag: string | undefined): string {
  const bare = parseReference(repo);
  const reference = tag === undefined ? bare : withTagOrDigest(bare, tag);
  if (reference.digest !== undefined) {
    throw new TskerError('invalid', 'refusing to create a tag with a digest reference');
  }
  return normalizedString(isNameOnly(reference) ? withDefaultTag(reference) : reference);
}

function baseOf({ images }: CommitDependencies, imageId: string): Image {
  const image = images.get(imageId);
  if (image !== undefined) return image;
  throw new TskerError('not_found', `the image of the container is gone: ${imageId}`);
}

interface Still {
  readonly container: Container;
  readonly pause: boolean;
}

/** One that runs is paused and goes on afterwards, whatever happened; one that does not is still anyway. */
async function whileStill<T>(
  dependencies: CommitDependencies,
  { container, pause }: Still,
  work: () => Promise<T>,
): Promise<T> {
  if (!pause || !isIn(container, 'running')) return await work();
  await pauseContainer(dependencies, container);
  try {
    return await work();
  } finally {
    if (isIn(container, 'paused')) await unpauseContainer(dependencies, container);
  }
}

function isIn(container: Container, status: ContainerStatus): boolean {
  return container.record.state.status === status;
}

/** What belongs to an image of a container's settings; its host name and terminal do not. */
function imageConfig(config: ContainerConfig): ImageConfig {
  const { User, ExposedPorts, Env, Entrypoint, Cmd, Volumes, WorkingDir, Labels, StopSignal, OnBuild } = config;
  const { ArgsEscaped, Shell, Healthcheck } = config;
  const given = { User, ExposedPorts, Env, Entrypoint, Cmd, Volumes, WorkingDir, Labels, StopSignal, OnBuild };
  const all = { ...given, ArgsEscaped, Shell, Healthcheck };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value !== null));
}
