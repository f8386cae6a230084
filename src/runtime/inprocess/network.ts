// A change of a running container's network: a helper joins its network namespace, and nothing else of it, does what there is to do
// and ends.
import { describeFailure } from '../../native/describe.ts';
import { errnoName } from '../../native/errno.ts';
import { CLONE_NEWNET, NETLINK_ROUTE, O_RDONLY } from '../../native/linux.ts';
import { PlanError } from '../../native/native.ts';
import type { Op } from '../../native/ops.ts';
import { TskerError } from '../../util/errors.ts';
import type { NetworkChange } from '../runtime.ts';
import type { RuntimeContext } from './context.ts';
import { Descriptors } from './descriptors.ts';
import { SocketArrivals } from './sockets.ts';

/** `pid`: the container's first process. */
export async function changeNetwork(
  { native, nullFd }: Pick<RuntimeContext, 'native' | 'nullFd'>,
  pid: number,
  { setup, sockets }: NetworkChange,
): Promise<readonly number[]> {
  using descriptors = new Descriptors(native, [nullFd, nullFd, nullFd]);
  using arrivals = new SocketArrivals(native, descriptors, sockets);
  const netns = descriptors.give(native.open(`/proc/${pid}/ns/net`, O_RDONLY));
  const hostNetlink = descriptors.give(native.netlinkOpen(NETLINK_ROUTE));
  const plan: Op[] = [
    { op: 'SETNS', slot: netns, flags: CLONE_NEWNET },
    ...setup({ hostNetlink, netns, sockets: arrivals.slot }),
  ];
  const helper = native.spawn({ cloneFlags: 0, fds: descriptors.fds, plan });
  try {
    await helper.started;
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    const what = describeFailure(error.op ?? plan[error.index], error.errno);
    throw new TskerError('internal', `changing the network of the container: ${what}`, {
      cause: error,
      errno: errnoName(error.errno),
    });
  } finally {
    await helper.exited;
  }
  return arrivals.take();
}
