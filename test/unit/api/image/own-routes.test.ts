// The load of a file that the daemon reads itself: for whom the route is there, and what it takes for a file.
import test, { type ExecutionContext } from 'ava';
import { ownImageRoutes } from '../../../../src/api/image/own-routes.ts';
import { call } from '../../../helpers/http.ts';
import { type Served, serveRouter, socketOf } from '../own-routes.harness.ts';

const FILE = { Path: '/a/b.tar', Device: '1', Inode: '18446744073709551615', Size: '3', Modified: '-1' };

async function serve(t: ExecutionContext, served: Served) {
  const { isGuarded = false } = served;
  const asked: unknown[] = [];
  const loadFile = async (request: unknown): Promise<void> => void asked.push(request);
  const router = ownImageRoutes({ loadFile }, { isGuarded: () => isGuarded });
  const target = await serveRouter(t, router, served);
  const load = (body: unknown) => call({ target, method: 'POST', path: '/tsker/images/load?quiet=1', body });
  return { asked, load };
}

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
