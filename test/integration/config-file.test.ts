// A daemon configured by a file: read at the start, read again on SIGHUP while containers run, refused when it is wrong; the log of
// requests; how long containers have when the daemon ends. Needs root.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { EventMessage } from '../../src/types/event.ts';
import type { InfoResponse } from '../../src/types/system.ts';
import { tskerCommand } from '../helpers/daemon.ts';
import { run } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';
import { start, startWithBusybox } from './daemon.harness.ts';

test('what the file says is so, also after it has changed', async (t) => {
  const file = join(tempdir(t, 'config'), 'daemon.json');
  const write = (document: object): void => writeFileSync(file, JSON.stringify(document));
  write({ labels: ['a=1'], 'registry-mirrors': ['http://127.0.0.1:1'] });
  const daemon = await startWithBusybox(t, { args: ['--config-file', file] });
  const info = async (): Promise<InfoResponse> => (await daemon.api('GET', '/info')).json();
  t.like(await info(), { Labels: ['a=1'], Debug: false });
  t.deepEqual((await info()).RegistryConfig.Mirrors, ['http://127.0.0.1:1']);
  const id = await start(daemon, { Cmd: ['sleep', '1000'] });
  t.notRegex(daemon.output(), / debug request/);

  const since = Date.now() / 1000 - 1;
  write({ labels: ['a=2', 'b=3'], debug: true, 'insecure-registries': ['reg.test:5000'], mtu: 1400 });
  process.kill(daemon.pid, 'SIGHUP');
  await waitFor('the new labels', async () => (await info()).Labels.length === 2);
  t.like(await info(), { Labels: ['a=2', 'b=3'], Debug: true });
  t.deepEqual((await info()).RegistryConfig.Mirrors, []);
  t.true('reg.test:5000' in (await info()).RegistryConfig.IndexConfigs);
  t.regex(daemon.output(), /has to be restarted .*mtu/);
  await waitFor('the log of requests', () =>
    / debug request method=GET url=\/info status=200 ms=/.test(daemon.output()),
  );
  const events = await daemon.api(
    'GET',
    `/events?since=${since}&until=${Date.now() / 1000 + 0.1}&filters={"type":["daemon"]}`,
  );
  const event: EventMessage = events.json();
  t.like(event, { Type: 'daemon', Action: 'reload' });
  t.like(event.Actor.Attributes, { labels: '["a=2","b=3"]', debug: 'true', 'registry-mirrors': '[]' });

  writeFileSync(file, '{"debug": fals');
  process.kill(daemon.pid, 'SIGHUP');
  await waitFor('a complaint', () => /everything stays as it was/.test(daemon.output()));
  t.true((await info()).Debug);
  rmSync(file);
  t.is(
    (await daemon.api('GET', `/containers/${id}/json`)).json<{ State: { Status: string } }>().State.Status,
    'running',
  );
});

test('a file that is wrong is refused, and one can have it checked', async (t) => {
  const directory = tempdir(t, 'config');
  const file = join(directory, 'daemon.json');
  const check = (text: string, ...args: string[]) => {
    writeFileSync(file, text);
    return run([...tskerCommand(), 'daemon', '--validate', '--config-file', file, ...args]);
  };
  t.is((await check('{"debug": true}')).stdout, 'configuration OK\n');
  t.regex((await check('{"nosuch": 1}')).stderr, /directives don't match any configuration option: nosuch/);
  t.regex((await check('{"debug": true}', '-D')).stderr, /debug: \(from flag: true, from file: true\)/);
  t.regex((await check('{"registry-mirrors": ["x"]}')).stderr, /invalid mirror/);
  const missing = await run([...tskerCommand(), 'daemon', '--config-file', join(directory, 'none')]);
  t.regex(missing.stderr, /unable to configure the Docker daemon with file .*none/);
});

test('a container that has more time to stop than the daemon has it', async (t) => {
  const daemon = await startWithBusybox(t, { args: ['--bridge', 'none', '--shutdown-timeout', '1'] });
  const slow = ['sh', '-c', 'trap "sleep 2; exit 5" TERM; echo ready; while :; do sleep 0.1; done'];
  const id = await start(daemon, { Cmd: slow, StopTimeout: 20 });
  await waitFor('its trap', async () =>
    (await daemon.api('GET', `/containers/${id}/logs?stdout=1`)).text.includes('ready'),
  );
  await daemon.stop();
  await daemon.start();
  const { State } = (await daemon.api('GET', `/containers/${id}/json`)).json<{ State: { ExitCode: number } }>();
  t.is(State.ExitCode, 5);
});
