// An archive of a container that the daemon writes itself into a file that is made here: by root only, for the daemon knows no quota.
import { closeSync, fstatSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ApiClient } from '../client/client.ts';
import { isNear } from '../client/host.ts';
import { identityOf } from '../util/file-identity.ts';
import { askNear } from './near.ts';
import { isSpecial, makeWhole } from './output/write-whole.ts';
import { containerPath } from './targets.ts';

export interface NearExport {
  readonly container: string;
  /** Of the file. */
  readonly output: string;
}

/** False when the archive has to be asked for. */
export async function exportNear(client: ApiClient, { container, output }: NearExport): Promise<boolean> {
  if (!isNear(client.host) || process.geteuid?.() !== 0 || isSpecial(output)) return false;
  return makeWhole(output, async (temporary) => {
    const path = `/tsker${containerPath(container, 'export')}`;
    const answer = await askNear(client, 'POST', { path, json: makeFile(temporary) });
    answer?.body.discard();
    return answer !== undefined;
  });
}

function makeFile(path: string) {
  const fd = openSync(path, 'wx', 0o600);
  try {
    return identityOf(resolve(path), fstatSync(fd, { bigint: true }));
  } finally {
    closeSync(fd);
  }
}
