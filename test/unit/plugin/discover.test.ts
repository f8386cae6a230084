import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { findPlugin, listPlugins } from '../../../src/plugin/discover.ts';
import { tempdir } from '../../helpers/tempdir.ts';

async function listenOn(path: string): Promise<() => void> {
  const server = createServer();
  await new Promise<void>((done) => void server.listen(path, done));
  return () => void server.close();
}

test('plugins are found by name: sockets, spec files and JSON files, in a directory of their own too', async (t) => {
  const [sockets, specs] = [tempdir(t, 'sockets'), tempdir(t, 'specs')];
  mkdirSync(join(sockets, 'deep'));
  t.teardown(await listenOn(join(sockets, 'plain.sock')));
  t.teardown(await listenOn(join(sockets, 'deep/deep.sock')));
  writeFileSync(join(specs, 'far.spec'), 'tcp://h:1');
  writeFileSync(join(specs, 'plain.spec'), 'tcp://other:1');
  writeFileSync(join(specs, 'json.json'), '{"Addr":"http://h:2"}');
  writeFileSync(join(specs, 'wrong.spec'), 'nothing');
  writeFileSync(join(specs, 'no.sock'), 'a file');
  const directories = [sockets, join(sockets, 'missing'), specs];
  const find = (name: string) => findPlugin(directories, name);
  t.deepEqual(find('plain'), { kind: 'unix', path: join(sockets, 'plain.sock') }, 'a socket comes first');
  t.deepEqual(find('deep'), { kind: 'unix', path: join(sockets, 'deep/deep.sock') });
  t.like(find('far'), { host: 'h', port: 1 });
  t.like(find('json'), { host: 'h', port: 2 });
  t.is(find('no'), undefined, 'a file is no socket');
  t.is(find('../sockets/plain'), undefined);
  t.throws(() => find('wrong'), { message: /wrong\.spec: the address of a plugin is none/ });
  t.deepEqual(listPlugins(directories), ['deep', 'far', 'json', 'no', 'plain', 'wrong']);
});
