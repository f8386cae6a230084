import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { PluginRefusal, PluginUnreachable } from '../../../src/plugin/call.ts';
import { Plugins } from '../../../src/plugin/plugins.ts';
import type { TskerError } from '../../../src/util/errors.ts';
import { createLogger } from '../../../src/util/log.ts';
import { servePlugin } from '../../fixtures/plugins/serve.ts';
import { tempdir } from '../../helpers/tempdir.ts';

const log = createLogger('error', () => undefined);
const methods = {
  'A.Echo': (body: object) => ({ ...body }),
  'A.Fail': () => {
    throw new Error('cannot');
  },
};

test('a plugin is activated once, by the first who asks', async (t) => {
  const directory = tempdir(t, 'plugins');
  const served = await servePlugin(t, { kinds: ['VolumeDriver'], methods, path: join(directory, 'one.sock') });
  const plugins = new Plugins({ directories: [directory], patience: 0, log });
  const plugin = await plugins.get('one', 'VolumeDriver');
  t.deepEqual(await plugin.call('A.Echo', { a: 1 }), { a: 1 });
  const refusal = await t.throwsAsync(plugin.call('A.Fail', {}), { instanceOf: PluginRefusal });
  t.is(refusal?.message, 'A.Fail: cannot');
  t.deepEqual(
    served.calls.map(({ method }) => method),
    ['A.Echo', 'A.Fail'],
  );
  await t.throwsAsync(plugins.get('one', 'authz'), { message: 'Plugin does not implement the requested driver' });
  t.deepEqual(
    (await plugins.all('VolumeDriver')).map(({ name }) => name),
    ['one'],
  );
  t.deepEqual(await plugins.all('authz'), []);
});

test('a plugin that is missing is waited for', async (t) => {
  const directory = tempdir(t, 'plugins');
  const patient = new Plugins({ directories: [directory], patience: 30_000, log });
  const found = patient.get('late', 'authz');
  await servePlugin(t, { kinds: ['authz'], methods, path: join(directory, 'late.sock') });
  t.is((await found).name, 'late');
  const hasty = new Plugins({ directories: [directory], patience: 500, log });
  const error = await t.throwsAsync(hasty.get('never', 'authz'), { message: 'plugin "never" not found' });
  t.is((error as TskerError).code, 'not_found');
});

test('a plugin that went away is called again when it is back, somewhere else even', async (t) => {
  const directory = tempdir(t, 'plugins');
  const first = await servePlugin(t, { kinds: ['authz'], methods, path: join(directory, 'moved.sock') });
  const plugins = new Plugins({ directories: [directory], patience: 30_000, log });
  const plugin = await plugins.get('moved', 'authz');
  await first.stop();
  const hasty = new Plugins({ directories: [directory], patience: 0, log });
  await t.throwsAsync(hasty.get('moved', 'authz'), { message: 'plugin "moved" not found' });
  const answer = plugin.call('A.Echo', { b: 2 });
  const second = await servePlugin(t, { kinds: ['authz'], methods });
  writeFileSync(join(directory, 'moved.spec'), `tcp://127.0.0.1:${second.port}`);
  t.deepEqual(await answer, { b: 2 });
});

test('a plugin that does not answer in time is unreachable', async (t) => {
  const directory = tempdir(t, 'plugins');
  const slow = { 'A.Slow': () => new Promise<Record<string, unknown>>(() => undefined) };
  await servePlugin(t, { kinds: ['authz'], methods: slow, path: join(directory, 'slow.sock') });
  const plugins = new Plugins({ directories: [directory], patience: 0, log });
  const plugin = await plugins.get('slow', 'authz');
  const error = await t.throwsAsync(plugin.call('A.Slow', {}, 50), { instanceOf: PluginUnreachable });
  t.is(error?.message, 'A.Slow: no answer in 0.05 s');
});
