// Pulling an image with its progress: what `pull` does, and `run` when an image is missing.
import type { ApiClient } from '../client/client.ts';
import { splitImageName } from './image-name.ts';
import type { Output } from './io.ts';
import { showProgress } from './output/show-progress.ts';

export interface PullOptions {
  /** Where the progress goes. */
  readonly output: Output;
  readonly platform?: string | undefined;
  readonly quiet?: boolean;
  readonly allTags?: boolean;
}

export async function pullImage(client: ApiClient, name: string, options: PullOptions): Promise<void> {
  const { repository, version } = splitImageName(name);
  const tag = options.allTags === true ? undefined : version || 'latest';
  const query = { fromImage: repository, tag, platform: options.platform };
  const { body } = await client.request('POST', '/images/create', { query });
  await showProgress(body, { output: options.output, quiet: options.quiet === true });
}
