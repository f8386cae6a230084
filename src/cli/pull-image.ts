// Pulling an image with its progress: what `pull` does, and `run` when an image is missing.
import type { ApiClient } from '../client/client.ts';
import type { Environment } from '../client/host.ts';
import { authHeaders } from './credentials/credentials.ts';
import { splitImageName } from './image-name.ts';
import type { Output } from './io.ts';
import { showProgress } from './output/show-progress.ts';

export interface PullOptions {
  /** Where the progress goes. */
  readonly output: Output;
  readonly platform?: string | undefined;
  /** Where the user's credentials are. */
  readonly env: Environment;
  readonly quiet?: boolean;
  readonly allTags?: boolean;
}

export async function pullImage(client: ApiClient, name: string, options: PullOptions): Promise<void> {
  const { repository, version } = splitImageName(name);
  const tag = options.allTags === true ? undefined : version || 'latest';
  const query = { fromImage: repository, tag, platform: options.platform };
  const headers = await authHeaders(options.env, name);
  const { body } = await client.request('POST', '/images/create', { query, headers });
  await showProgress(body, { output: options.output, quiet: options.quiet === true });
}
