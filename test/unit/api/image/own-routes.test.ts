// The load of a file that the daemon reads itself: for whom the route is there, and what it takes for a file.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import express, { type NextFunction, type Request, type Response } from 'express';
import { ownImageRoutes } from '../../../../src/api/image/own-routes.ts';
import type { TskerError } from '../../../../src/util/errors.ts';
import { call } from '../../../helpers/http.ts';
import { tempdir } from '../../../helpers/tempdir.ts';

const FILE = { Path: '/a/b.tar', Device: '1', Inode: '18446744073709551615', Size: '3', Modified: '-1' };

interface Served {
  /** A socket's path, or a port of this machine. */
  readonly at: string | 0;
  readonly isGuarded?: boolean;
}

async function serve(t: ExecutionContext, { at, isGuarded = false }: Served) {
  const asked: unknown[] = [];
  const app = express();
  const loadFile = async (request: unknown): Promise<void> => void asked.push(request);
  app.use(ownImageRoutes({ loadFile }, { isGuarded: () => isGuarded }));
  app.use((error: TskerError, _request: Request, response: Response, _next: NextFunction) => {
    response.status(error.status).json({ message: error.message });
  });
  const server: Server = createServer(app);
  await new Promise<void>(
    (resolve) => void (at === 0 ? server.listen(0, '127.0.0.1', resolve) : server.listen(at, resolve)),
  );
  t.teardown(() => void server.close());
  const target = at === 0 ? `http://127.0.0.1:${(server.address() as AddressInfo).port}` : at;
  const load = (body: unknown) => call({ target, method: 'POST', path: '/tsker/images/load?quiet=1', body });
  return { asked, load };
}

const socketOf = (t: ExecutionContext): string => join(tempdir(t, 'own-routes'), 's');

test('a client of this machine has the file loaded', async (t) => {
  const { asked, load } = await serve(t, { at: socketOf(t) });
  t.is((await load(FILE)).status, 200);
  t.deepEqual(asked, [{ file: FILE, quiet: true, platform: undefined }]);
});

test('where authorization plugins decide, and over TCP, the route is not there', async (t) => {
  for (const served of [{ at: socketOf(t), isGuarded: true }, { at: 0 } as const]) {
    const { asked, load } = await serve(t, served);
    t.is((await load(FILE)).status, 404);
    t.deepEqual(asked, []);
  }
});

test('what names no file is refused', async (t) => {
  const { asked, load } = await serve(t, { at: socketOf(t) });
  const wrong = [
    [{}, 'Path'],
    [{ ...FILE, Path: 'a/b.tar' }, 'Path'],
    [{ ...FILE, Path: '/a\0b' }, 'Path'],
    [{ ...FILE, Inode: 3 }, 'Inode'],
    [{ ...FILE, Size: '1e3' }, 'Size'],
    [{ ...FILE, Modified: undefined }, 'Modified'],
  ] as const;
  for (const [body, what] of wrong) {
    const { status, text } = await load(body);
    t.is(status, 400);
    t.regex(text, new RegExp(`invalid identity of a file: ${what}`));
  }
  t.deepEqual(asked, []);
});
