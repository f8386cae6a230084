// Requests of a client on this machine that names files in it: who such a client is, and how he names them.
//
// Who may use the API may mount any file of the host in a container, so to read or write one that the client names gives nobody more than he
// has. An authorization plugin may have taken that away from him: with one the routes are not there. Paths of their own are not let through by
// proxies that know Docker's paths, and over TCP a client can mean no file of this machine.
import type { NextFunction, Request } from 'express';
import type { HostTree } from '../types/near.ts';
import { TskerError } from '../util/errors.ts';
import type { FileIdentity } from '../util/file-identity.ts';

type Body = Readonly<Record<string, unknown>>;

export interface NearOptions {
  /** Whether somebody else decides which requests are allowed. */
  readonly isGuarded: () => boolean;
}

/** The first handler of a route that is for such clients: for others it is not there. */
export function onlyNear({ isGuarded }: NearOptions) {
  return (request: Pick<Request, 'socket'>, _response: unknown, next: NextFunction): void =>
    isGuarded() || !isOfThisMachine(request) ? next('route') : next();
}

/** A unix socket has no address. */
function isOfThisMachine({ socket }: Pick<Request, 'socket'>): boolean {
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
