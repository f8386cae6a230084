// docker ps: one row a container.
import type { ListOptions } from '../../api/container/backend.ts';
import type { Image, ImageStore } from '../../image/store.types.ts';
import type { LayerStore } from '../../layer/store.types.ts';
import type { ContainerSummary } from '../../types/container.ts';
import { TskerError } from '../../util/errors.ts';
import type { Clock } from '../clock.ts';
import { parseTimestamp } from '../clock.ts';
import type { Container } from './container.ts';
import { selectContainers } from './list-filter.ts';
import { mountsOf } from './mounts/of-record.ts';
import { toMountPoints } from './mounts/types.ts';
import { listPorts, networksOf } from './network-settings.ts';
import type { ContainerRecord } from './record.ts';
import { statusText } from './status-text.ts';
import type { ContainerStore } from './store.ts';

export interface ListDependencies {
  readonly containers: ContainerStore;
  readonly images: Pick<ImageStore, 'resolve'>;
  readonly layers: Pick<LayerStore, 'containerSize'>;
  readonly clock: Clock;
}

export function listContainers(dependencies: ListDependencies, options: ListOptions): Promise<ContainerSummary[]> {
  const { containers, images, clock } = dependencies;
  // Most containers are of few images: each is looked for once a list.
  const known = new Map<string, string | undefined>();
  const imageId = (reference: string): string | undefined => {
    if (!known.has(reference)) known.set(reference, findImage(images, reference)?.id);
    return known.get(reference);
  };
  const selected = selectContainers(containers.list(), options, {
    resolve: (reference) => containers.resolve(reference),
    imageId,
  });
  const now = clock();
  return Promise.all(selected.map((container) => summarize(dependencies, container, { options, imageId, now })));
}

interface SummaryContext {
  readonly options: ListOptions;
  readonly imageId: (reference: string) => string | undefined;
  readonly now: bigint;
}

async function summarize(
  { layers }: ListDependencies,
  { record, health }: Container,
  { options, imageId, now }: SummaryContext,
): Promise<ContainerSummary> {
  const sizes = options.size ? await layers.containerSize(record.id) : undefined;
  const { Annotations, NetworkMode } = record.hostConfig;
  return {
    Id: record.id,
    Names: [`/${record.name}`],
    // A name that means another image by now would mislead.
    Image: imageId(record.config.Image) === record.imageId ? record.config.Image : record.imageId,
    ImageID: record.imageId,
    Command: commandText(record),
    Created: Number(parseTimestamp(record.created) / 1_000_000_000n),
    Ports: listPorts(record),
    ...sizeFields(sizes),
    Labels: record.config.Labels,
    State: record.state.status,
    Status: statusText(record.state, now, health?.status),
    HostConfig: { NetworkMode, ...(Annotations === undefined ? {} : { Annotations }) },
    NetworkSettings: { Networks: networksOf(record) },
    Mounts: toMountPoints(mountsOf(record)),
  };
}

/** Go leaves a 0 out. */
function sizeFields(sizes: { sizeRw: number; sizeRootFs: number } | undefined): Partial<ContainerSummary> {
  return {
    ...(sizes?.sizeRw ? { SizeRw: sizes.sizeRw } : {}),
    ...(sizes?.sizeRootFs ? { SizeRootFs: sizes.sizeRootFs } : {}),
  };
}

function commandText({ path, args }: ContainerRecord): string {
  return [path, ...args.map((argument) => (argument.includes(' ') ? `'${argument}'` : argument))].join(' ');
}

function findImage(images: Pick<ImageStore, 'resolve'>, reference: string): Image | undefined {
  try {
    return images.resolve(reference);
  } catch (error) {
    if (error instanceof TskerError && (error.code === 'not_found' || error.code === 'invalid')) return undefined;
    throw error;
  }
}
