// Protocols that have ports, as packets and sockets name them. Pure.

/** IPPROTO_*. */
export const PROTOCOLS = { tcp: 6, udp: 17, sctp: 132 } as const;

export type Protocol = keyof typeof PROTOCOLS;

/** In network order. */
export function portBytes(port: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(port, 0);
  return bytes;
}
