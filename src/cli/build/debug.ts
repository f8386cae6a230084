// `--debug`: a shell where a RUN failed, in a container of what that one left behind.
import type { ApiClient } from '../../client/client.ts';
import type { Environment } from '../../client/host.ts';
import { messageOf, type TskerError } from '../../util/errors.ts';
import { run } from '../commands/run.ts';
import type { Io } from '../io.ts';

export interface DebugRequest {
  readonly client: ApiClient;
  readonly io: Io;
  readonly env: Environment;
  /** The container that was kept. */
  readonly container: string;
  readonly error: TskerError;
}

/** Says what is there; opens the shell when somebody is at a terminal. What fails here is not what the build is to end with. */
export async function debugFailure({ client, io, env, container, error }: DebugRequest): Promise<void> {
  const say = (line: string): void => void io.stderr.write(`${line}\n`);
  const isWatched = io.stdin.isTTY === true && io.stdout.isTTY === true;
  // The command ends with the error: it is said before as well only to somebody who is about to look for it.
  if (isWatched) say(`tsker: ${error.message}`);
  say(`The failed step's container is kept as ${container}; remove it with: tsker rm ${container}`);
  if (!isWatched) return;
  try {
    const { Id: image } = await client.json<{ readonly Id: string }>('POST', '/commit', { query: { container } });
    say('A shell in it:');
    const words = ['-it', '--rm', '--entrypoint', '/bin/sh', image];
    await run.invoke(words, { client, io, env, spelling: 'run' });
    await client.json('DELETE', `/images/${encodeURIComponent(image)}`);
  } catch (failure) {
    say(`tsker: no shell could be opened: ${messageOf(failure)}`);
  }
}
