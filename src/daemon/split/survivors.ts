// What runs when a daemon begins: containers of the daemon before it that are known to run, or to have run until a shim noted their
// end. Everything else that containerd has is of starts and builds that nobody will finish.
import type { Db } from '../../store/database.ts';
import { INIT, type TaskInfo } from '../../types/containerd.ts';
import { messageOf } from '../../util/errors.ts';
import type { Logger } from '../../util/log.ts';
import { isAlive } from '../container/state.ts';
import { ContainerStore } from '../container/store.ts';
import type { Containerd } from './containerd.ts';

export interface SurvivorsRequest {
  readonly containerd: Containerd;
  readonly db: Db;
  readonly log: Logger;
}

export async function findSurvivors({ containerd, db, log }: SurvivorsRequest): Promise<ReadonlyMap<string, TaskInfo>> {
  const tasks = await containerd.call('tasks.list', {});
  if (tasks.length === 0) return new Map();
  const records = new ContainerStore(db);
  const survives = ({ id, status }: TaskInfo): boolean => {
    const container = records.get(id);
    return container !== undefined && isAlive(container.record.state.status) && status !== 'created';
  };
  const lost = tasks.filter((task) => !survives(task));
  await Promise.all(
    lost.map(async ({ id }) => {
      try {
        await containerd.call('tasks.delete', { id, process: INIT });
      } catch (error) {
        log.warn("a task that is nobody's could not be deleted", { task: id, error: messageOf(error) });
      }
    }),
  );
  return new Map(tasks.filter(survives).map((task) => [task.id, task]));
}
