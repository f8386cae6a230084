// What tsker's own client asks for beside POST /images/load: that the daemon reads an archive itself, where both are on one machine.
//
// Who may use the API may mount any file of the host in a container, so to read one that the client names gives nobody more than he has.
// An authorization plugin may have taken that away from him: with one the route is not there. A path of its own is not let through by
// proxies that know Docker's paths, and over TCP a client can mean no file of this machine.
import { type Request, Router } from 'express';
import type { FileIdentity } from '../../types/image.ts';
import { TskerError } from '../../util/errors.ts';
import { readJson } from '../body.ts';
import { platformOf } from '../platform.ts';
import { flagOf, parseQuery } from '../query.ts';
import type { FileLoads } from './backend.ts';
import { blameSender, streamProgress } from './stream.ts';

export interface OwnImageOptions {
  /** Whether somebody else decides which requests are allowed. */
  readonly isGuarded: () => boolean;
}

export function ownImageRoutes(backend: FileLoads, { isGuarded }: OwnImageOptions): Router {
  const router = Router();
  router.post('/tsker/images/load', async (request, response, next) => {
    if (isGuarded() || !isOfThisMachine(request)) return next();
    const query = parseQuery(request.url);
    const file = parseIdentity((await readJson(request)) ?? {});
    const load = { file, quiet: flagOf(query, 'quiet'), platform: platformOf(query) };
    await streamProgress(response, (options) => blameSender(backend.loadFile(load, options)));
  });
  return router;
}

/** A unix socket has no address. */
function isOfThisMachine({ socket }: Request): boolean {
  return socket.remoteAddress === undefined;
}

function parseIdentity(body: Readonly<Record<string, unknown>>): FileIdentity {
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

function invalid(what: string): TskerError {
  return new TskerError('invalid', `invalid identity of a file: ${what}`);
}
