// The containers that a daemon starts when it starts itself, by their restart policies, after an orderly end as after a
// crash.
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../util/errors.ts';
import { ZERO_TIME } from './clock.ts';
import type { Container } from './container/container.ts';
import { startsWithDaemon } from './container/restart-policy.ts';
import { type StartDependencies, startContainer } from './container/start.ts';

/** Milliseconds that the API waits for them: clients find running what ran before, unless one of them hangs. */
const PATIENCE = 10_000;

/** Many at the same time, those first that others join; none keeps the daemon from starting. */
export async function startWithDaemon(dependencies: StartDependencies): Promise<void> {
  const { containers, log } = dependencies;
  const due = containers.list().filter(isDue);
  if (due.length === 0) return;
  log.info('starting containers', { count: due.length });
  const timer = new AbortController();
  const late = sleep(PATIENCE, 'late', { signal: timer.signal }).catch(() => 'late');
  const outcome = await Promise.race([startInOrder(dependencies, due), late]);
  timer.abort();
  if (outcome === 'late') log.warn('some containers are still being started', { waited: PATIENCE });
}

async function startInOrder(dependencies: StartDependencies, due: readonly Container[]): Promise<void> {
  await startAll(
    dependencies,
    due.filter((container) => !joinsAnother(container)),
  );
  await startAll(dependencies, due.filter(joinsAnother));
}

async function startAll(dependencies: StartDependencies, containers: readonly Container[]): Promise<void> {
  const { log } = dependencies;
  await Promise.all(
    containers.map((container) =>
      startContainer(dependencies, container).catch((error: unknown) => {
        log.error('a container could not be started with the daemon', {
          container: container.id,
          error: messageOf(error),
        });
      }),
    ),
  );
}

/** It lives in a namespace of another container, which has to run. */
function joinsAnother({ record }: Container): boolean {
  const { NetworkMode: network, IpcMode: ipc, PidMode: pid } = record.hostConfig;
  return [network, ipc, pid].some((mode) => mode.startsWith('container:'));
}

function isDue({ record }: Container): boolean {
  const { status, startedAt } = record.state;
  if (status !== 'exited') return false;
  return startsWithDaemon(record.hostConfig.RestartPolicy, {
    manuallyStopped: record.manuallyStopped ?? false,
    hasRun: startedAt !== ZERO_TIME,
  });
}
