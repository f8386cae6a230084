// Requests of a client on this machine that names files in it: who such a client is, and how he names them.
import type { Request } from 'express';
import type { FileIdentity, HostTree } from '../types/near.ts';
import { TskerError } from '../util/errors.ts';

type Body = Readonly<Record<string, unknown>>;

/** A unix socket has no address. */
export function isOfThisMachine({ socket }: Request): boolean {
  return socket.remoteAddress === undefined;
}

/** Throws `invalid`. */
export function parseIdentity(body: Body): FileIdentity {
  const { Path } = body;
  if (typeof Path !== 'string' || !Path.startsWith('/') || Path.includes('\0')) throw invalid('Path');
  const numberOf = (name: keyof FileIdentity): string => {
    const value = body[name];
    if (typeof value !== 'string' || !/^-?\d{1,20}$/.test(value)) throw invalid(name);
    return value;
  };
  return {
    Path,
    Device: numberOf('Device'),
    Inode: numberOf('Inode'),
    Size: numberOf('Size'),
    Modified: numberOf('Modified'),
  };
}

/** Throws `invalid`. */
export function parseHostTree(body: Body): HostTree {
  const { Name, View } = body;
  if (typeof Name !== 'string' || !/^[^/\0]+$/.test(Name) || Name === '..') throw invalid('Name');
  if (typeof View !== 'string') throw invalid('View');
  return { ...parseIdentity(body), Name, View };
}

function invalid(what: string): TskerError {
  return new TskerError('invalid', `invalid identity of a file: ${what}`);
}
