// Messages of NETLINK_ROUTE that make a tunnel's interface (VXLAN, RFC 7348; include/uapi/linux/if_link.h). Pure.
import { type Ip, toBytes } from '../address.ts';
import { linkHeader } from './link.ts';
import { attribute, encodeMessage, NLM, nested, textAttribute, u32Attribute } from './message.ts';

const RTM_NEWLINK = 16;
const IFLA = { IFNAME: 3, MTU: 4, MASTER: 10, LINKINFO: 18 } as const;
const INFO = { KIND: 1, DATA: 2 } as const;
const VXLAN = { ID: 1, LOCAL: 4, LEARNING: 7, PORT: 15 } as const;
/** IANA's, which Docker's has always been too; the kernel's own default is an older one. */
export const VXLAN_PORT = 4789;

export interface VxlanRequest {
  readonly name: string;
  /** Of the bridge it is a port of. */
  readonly master: number;
  /** VNI. */
  readonly id: number;
  /** This host's end, IPv4. */
  readonly local: Ip;
  readonly mtu: number;
}

/** A tunnel to nobody yet, up and on its bridge; it learns nothing by itself. EEXIST when the name, or the id on its port, is taken. */
export function createVxlan({ name, master, id, local, mtu }: VxlanRequest): Buffer {
  const port = Buffer.alloc(2);
  port.writeUInt16BE(VXLAN_PORT, 0);
  return encodeMessage({ type: RTM_NEWLINK, flags: NLM.ACK | NLM.CREATE | NLM.EXCL }, [
    linkHeader({ up: true }),
    textAttribute(IFLA.IFNAME, name),
    u32Attribute(IFLA.MTU, mtu),
    u32Attribute(IFLA.MASTER, master),
    nested(IFLA.LINKINFO, [
      textAttribute(INFO.KIND, 'vxlan'),
      nested(INFO.DATA, [
        u32Attribute(VXLAN.ID, id),
        attribute(VXLAN.LOCAL, toBytes(local)),
        attribute(VXLAN.LEARNING, Buffer.of(0)),
        attribute(VXLAN.PORT, port),
      ]),
    ]),
  ]);
}
