// Copies of files that the daemon packs itself, and files that it writes: for whom the routes are there, and what they take for a name.
import test, { type ExecutionContext } from 'ava';
import type { HostCopy, HostExport, HostTake } from '../../../../src/api/container/backend.ts';
import { ownContainerRoutes } from '../../../../src/api/container/own-routes.ts';
import type { HostFileWritten, HostTreePlaced } from '../../../../src/types/near.ts';
import { call } from '../../../helpers/http.ts';
import { type Served, serveRouter, socketOf } from '../own-routes.harness.ts';

const TREE = { Path: '/a/b', Device: '1', Inode: '2', Size: '3', Modified: '-1', Name: 'c', View: 'here' };
const PLACED = { Bytes: 1024, LeftOut: 0 };
const FILE = { Path: '/a/b', Device: '1', Inode: '2', Size: '0', Modified: '-1' };
const WRITTEN = { Bytes: 512 };

async function serve(t: ExecutionContext, served: Served) {
  const { isGuarded = false } = served;
  const asked: unknown[] = [];
  const placeHostTree = async (reference: string, path: string, copy: HostCopy): Promise<HostTreePlaced> => {
    const { signal, ...rest } = copy;
    asked.push({ reference, path, ...rest, aborted: signal.aborted });
    return PLACED;
  };
  const exportToHostFile = async (reference: string, { file }: HostExport): Promise<HostFileWritten> => {
    asked.push({ reference, file });
    return WRITTEN;
  };
  const takeToHost = async (reference: string, path: string, { tree }: HostTake): Promise<HostFileWritten> => {
    asked.push({ reference, path, tree });
    return WRITTEN;
  };
  const router = ownContainerRoutes({ placeHostTree, takeToHost, exportToHostFile }, { isGuarded: () => isGuarded });
  const target = await serveRouter(t, router, served);
  const place = (body: unknown) =>
    call({ target, method: 'PUT', path: '/tsker/containers/one/archive?path=/x&copyUIDGID=1', body });
  const write = (body: unknown) => call({ target, method: 'POST', path: '/tsker/containers/one/export', body });
  const take = (body: unknown) => call({ target, method: 'POST', path: '/tsker/containers/one/archive?path=/x', body });
  return { asked, place, take, write };
}

test('a client of this machine has files packed', async (t) => {
  const { asked, place } = await serve(t, { at: socketOf(t) });
  const answer = await place(TREE);
  t.deepEqual([answer.status, answer.json<unknown>()], [200, PLACED]);
  const placing = { noOverwriteDirNonDir: false, copyUidGid: true };
  t.deepEqual(asked, [{ reference: 'one', path: '/x', ...placing, tree: TREE, aborted: false }]);
});

test('and has a container exported into a file of its own', async (t) => {
  const { asked, write } = await serve(t, { at: socketOf(t) });
  const answer = await write({ ...FILE, More: 1 });
  t.deepEqual([answer.status, answer.json<unknown>()], [200, WRITTEN]);
  t.deepEqual(asked, [{ reference: 'one', file: FILE }]);
  t.is((await write({ ...FILE, Path: 'b' })).status, 400);
});

test('and has files of a container unpacked', async (t) => {
  const { asked, take } = await serve(t, { at: socketOf(t) });
  const answer = await take(TREE);
  t.deepEqual([answer.status, answer.json<unknown>()], [200, WRITTEN]);
  t.deepEqual(asked, [{ reference: 'one', path: '/x', tree: TREE }]);
  t.is((await take({ ...TREE, Name: '..' })).status, 400);
});

test('where authorization plugins decide, and over TCP, the routes are not there', async (t) => {
  for (const served of [{ at: socketOf(t), isGuarded: true }, { at: 0 } as const]) {
    const { asked, place, take, write } = await serve(t, served);
    t.is((await take(TREE)).status, 404);
    t.is((await place(TREE)).status, 404);
    t.is((await write(FILE)).status, 404);
    t.deepEqual(asked, []);
  }
});

test('what names no file, or no entry of an archive, is refused', async (t) => {
  const { asked, place } = await serve(t, { at: socketOf(t) });
  const wrong = [
    [{}, 'Name'],
    [{ ...TREE, Name: '..' }, 'Name'],
    [{ ...TREE, Name: '' }, 'Name'],
    [{ ...TREE, Name: 'a/b' }, 'Name'],
    [{ ...TREE, View: undefined }, 'View'],
    [{ ...TREE, Path: 'a/b' }, 'Path'],
    [{ ...TREE, Inode: 3 }, 'Inode'],
  ] as const;
  for (const [body, what] of wrong) {
    const { status, text } = await place(body);
    t.is(status, 400);
    t.regex(text, new RegExp(`invalid identity of a file: ${what}`));
  }
  t.deepEqual(asked, []);
});
