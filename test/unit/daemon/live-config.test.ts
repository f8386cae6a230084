import test from 'ava';
import { LiveConfig } from '../../../src/daemon/live-config.ts';
import { type DaemonConfig, parseOptions } from '../../../src/daemon/options.ts';

async function config(...argv: string[]): Promise<DaemonConfig> {
  const parsed = await parseOptions(argv);
  if (parsed === undefined) throw new Error('no configuration');
  return parsed;
}

test('a view of some options changes with them', async (t) => {
  const live = new LiveConfig(await config());
  const view = live.pick('labels', 'mtu');
  t.deepEqual({ ...view }, { labels: [], mtu: undefined });
  live.reload(await config('--label', 'a=b', '--mtu', '1400', '--authorization-plugin', 'asked'));
  t.deepEqual({ ...view }, { labels: ['a=b'], mtu: undefined });
  t.deepEqual(live.current.authorizationPlugins, ['asked']);
});

test('what can change does, the rest is named', async (t) => {
  const live = new LiveConfig(await config('--default-address-pool', 'base=10.9.0.0/16,size=24'));
  const heard: string[] = [];
  live.onReload(({ logLevel }) => heard.push(logLevel));
  const waiting = live.reload(
    await config(
      '--default-address-pool',
      'base=10.9.0.0/16,size=24',
      '--debug',
      '--label',
      'a=b',
      '--mtu',
      '1400',
      '--data-root',
      '/elsewhere',
    ),
  );
  t.deepEqual(waiting, ['dataRoot', 'mtu']);
  t.like(live.current, { logLevel: 'debug', labels: ['a=b'], dataRoot: '/var/lib/tsker', mtu: undefined });
  t.deepEqual(heard, ['debug']);
  t.deepEqual(live.reload(await config()), ['addressPools']);
  t.like(live.current, { logLevel: 'info', labels: [] });
});
