// What speaks to registries: pulls, pushes, and the connections that these and login and search share.
import { Connections } from '../../registry/connections.ts';
import { EmbeddedBusybox } from '../../registry/embedded.ts';
import { Puller } from '../../registry/pull.ts';
import { Pusher } from '../../registry/push.ts';
import { USER_AGENT } from '../version.ts';
import type { Host } from './host.ts';
import type { Storage } from './storage.ts';

export interface Transfers {
  readonly puller: Puller;
  readonly pusher: Pusher;
  readonly connections: Connections;
}

export function openTransfers({ live, native, db, held }: Host, { images, layers, holds }: Storage): Transfers {
  const config = live.pick('certificates', 'mirrors', 'insecureRegistries', 'maxConcurrentDownloads');
  const puller = new Puller({
    ...{ db, images, layers, holds, native, config, userAgent: USER_AGENT },
    embedded: new EmbeddedBusybox(),
  });
  held.defer(() => puller.close());
  const connections = new Connections({ config, userAgent: USER_AGENT });
  held.defer(() => connections.close());
  return { puller, connections, pusher: new Pusher({ db, images, layers, holds, native, connections }) };
}
