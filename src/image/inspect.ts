// The documents of `image inspect` and `image history`, from what the stores know. The spelling is the API's.
import type { LayerStore } from '../layer/store.types.ts';
import type { ImageHistoryItem, ImageInspect } from '../types/image.ts';
import { TskerError } from '../util/errors.ts';
import { chainIds } from './chain.ts';
import type { ImageRecord, SqliteImageStore } from './sqlite-store.ts';
import type { Image } from './store.types.ts';

/** Go's zero time, which Docker shows for an image that was never tagged. */
const ZERO_TIME = '0001-01-01T00:00:00Z';

/** Docker omits all other fields that an image does not set; templates like `{{.Config.Entrypoint}}` count on these. */
const SHOWN_WHEN_UNSET = {
  ...{ Cmd: null, Entrypoint: null, Env: null, Labels: null, OnBuild: null, Volumes: null },
  ...{ User: '', WorkingDir: '' },
};

type Layers = Pick<LayerStore, 'driverName' | 'get' | 'chainSize' | 'metadata'>;

export function inspectImage(image: Image, record: ImageRecord, layers: Layers): ImageInspect {
  const { config, chainId, id } = image;
  const diffIds = config.rootfs.diff_ids;
  return {
    Id: id,
    RepoTags: image.repoTags,
    RepoDigests: image.repoDigests,
    Parent: record.parent ?? '',
    Comment: config.comment ?? config.history?.at(-1)?.comment ?? '',
    ...(config.created === undefined ? {} : { Created: config.created }),
    DockerVersion: config.docker_version ?? '',
    Author: config.author ?? '',
    Config: { ...SHOWN_WHEN_UNSET, ...config.config },
    Architecture: config.architecture,
    ...(config.variant === undefined ? {} : { Variant: config.variant }),
    Os: config.os,
    ...(config['os.version'] === undefined ? {} : { OsVersion: config['os.version'] }),
    Size: chainSize(chainId, layers),
    GraphDriver: { Data: driverData(chainId, layers), Name: layers.driverName },
    RootFS: { Type: 'layers', ...(diffIds.length === 0 ? {} : { Layers: diffIds }) },
    Metadata: { LastTagTime: record.taggedAt === 0 ? ZERO_TIME : new Date(record.taggedAt).toISOString() },
  };
}

/** Bytes of all layers of a chain; 0 when a power cut took them (a pull brings them back). */
export function chainSize(chainId: string | undefined, layers: Pick<LayerStore, 'get' | 'chainSize'>): number {
  return chainId === undefined || layers.get(chainId) === undefined ? 0 : layers.chainSize(chainId);
}

function driverData(chainId: string | undefined, layers: Layers): Record<string, string> | null {
  return chainId === undefined || layers.get(chainId) === undefined ? null : layers.metadata(chainId);
}

/** Newest first; ids are known for the image itself and for parents that are images here. */
export function imageHistory(image: Image, images: SqliteImageStore, layers: Layers): ImageHistoryItem[] {
  const sizes = chainIds(image.config.rootfs.diff_ids).map((id) => layers.get(id)?.size ?? 0);
  let next = 0;
  const items = (image.config.history ?? []).map((step) => {
    if (step.empty_layer !== true && next >= sizes.length) {
      throw new TskerError('corrupt', 'too many non-empty layers in History section');
    }
    const size = step.empty_layer === true ? 0 : (sizes[next++] ?? 0);
    return {
      Id: '<missing>',
      Created: epochSeconds(step.created),
      CreatedBy: step.created_by ?? '',
      Tags: null,
      Size: size,
      Comment: step.comment ?? '',
    };
  });
  return nameSteps(items.reverse(), image, images);
}

function nameSteps(items: readonly ImageHistoryItem[], image: Image, images: SqliteImageStore): ImageHistoryItem[] {
  let current: Image | undefined = image;
  return items.map((item) => {
    if (current === undefined) return item;
    const { id, repoTags } = current;
    const { parent } = images.record(id);
    current = parent === undefined ? undefined : images.get(parent);
    return { ...item, Id: id, Tags: repoTags.length === 0 ? null : repoTags };
  });
}

/** An absent or unreadable time is the epoch. */
export function epochSeconds(time: string | undefined): number {
  return Math.floor((Date.parse(time ?? '') || 0) / 1000);
}
