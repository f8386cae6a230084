// POST /containers/{id}/start, explained or not. What explains is loaded only for that.
import type { CommandContext } from '../command.ts';
import { containerPath } from '../targets.ts';
import type { ExplainWish } from './flags.ts';

/** Throws what the start throws. */
export async function startOrExplain(
  context: Pick<CommandContext, 'client' | 'io' | 'env'>,
  container: string,
  wish: ExplainWish | undefined,
): Promise<void> {
  if (wish === undefined) {
    await context.client.send('POST', containerPath(container, 'start'));
    return;
  }
  const { startExplained } = await import('./start.ts');
  const { client, io, env } = context;
  await startExplained({ client, io, env, container, wish });
}
