// The image verbs and the builds: what stands on storage and transfers, and runs in containers (RUN) or watches which
// containers use an image.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { SqliteBuildCache } from '../../builder/cache/sqlite.ts';
import { contextReceiver } from '../../builder/context/receive.ts';
import { ContextStore } from '../../builder/context/store/store.ts';
import { removeWorkspaces } from '../../builder/context/workspace.ts';
import { SshSessions } from '../../builder/ssh/sessions.ts';
import { ContainerUses } from '../../image/container-uses.ts';
import { ImageService } from '../../image/service.ts';
import type { Db } from '../../store/database.ts';
import { keepContainer } from '../build/keep.ts';
import { type BuildService, buildService } from '../build/service.ts';
import { USER_AGENT } from '../version.ts';
import type { Verbs } from './containers.ts';
import type { Host } from './host.ts';
import type { Storage } from './storage.ts';
import type { Transfers } from './transfers.ts';

export interface Images {
  readonly imageService: ImageService;
  readonly builds: BuildService;
  /** Build contexts of clients on this machine. */
  readonly contexts: ContextStore;
  readonly ssh: SshSessions;
}

export async function openImages(
  { config, native, db, events }: Host,
  { images, layers, holds }: Storage,
  { puller, pusher }: Transfers,
  verbs: Verbs,
): Promise<Images> {
  const { dataRoot: root, execRoot } = config;
  const imageService = new ImageService({
    ...{ images, layers, holds, native, puller, pusher, root, userAgent: USER_AGENT },
    events: { publish: (type, action, id, attributes) => events.emit({ type, action, id, attributes }) },
    usesOf: usesOf(db),
  });
  await imageService.recover();
  const tmp = join(root, 'tmp');
  await removeWorkspaces(native, tmp);
  const contexts = new ContextStore({ native, root: join(root, 'contexts') });
  const ssh = new SshSessions();
  const builds = buildService({
    ...{ ...verbs, puller, holds, ssh, contexts, execRoot, root },
    receiveContext: contextReceiver({ native, tmp, userAgent: USER_AGENT, store: contexts }),
    cache: new SqliteBuildCache(db),
    processors: availableParallelism(),
    keep: keepContainer({ ...verbs, driverName: layers.driverName }),
  });
  return { imageService, builds, contexts, ssh };
}

function usesOf(db: Db): ContainerUses['of'] {
  const uses = new ContainerUses(db);
  return (imageId) => uses.of(imageId);
}
