// A netlink socket in the network namespace of another process, to ask the kernel what is there: a helper that enters it opens the
// socket and sends it here.
import { CLONE_NEWNET, O_RDONLY, O_RDWR } from '../../native/linux.ts';
import type { Native } from '../../native/native.ts';
import { TskerError } from '../../util/errors.ts';
import { Descriptors } from './descriptors.ts';
import { SocketArrivals } from './sockets.ts';

const AF_NETLINK = 16;
const SOCK_RAW = 3;

/** A socket of NETLINK_ROUTE; the caller's. */
export async function openNetlinkIn(native: Native, pid: number): Promise<number> {
  const nullFd = native.open('/dev/null', O_RDWR);
  try {
    using descriptors = new Descriptors(native, [nullFd, nullFd, nullFd]);
    using arrivals = new SocketArrivals(native, descriptors, 1);
    const netns = descriptors.give(native.open(`/proc/${pid}/ns/net`, O_RDONLY));
    const address = Buffer.alloc(12);
    address.writeUInt16LE(AF_NETLINK, 0);
    const helper = native.spawn({
      cloneFlags: 0,
      fds: descriptors.fds,
      plan: [
        { op: 'SETNS', slot: netns, flags: CLONE_NEWNET },
        { op: 'SOCKET', slot: arrivals.slot, domain: AF_NETLINK, type: SOCK_RAW, address, backlog: 0 },
      ],
    });
    await helper.started;
    await helper.exited;
    const [socket] = arrivals.take();
    if (socket === undefined) throw new TskerError('internal', 'a netlink socket did not arrive');
    return socket;
  } finally {
    native.close(nullFd);
  }
}
