// GET /metrics: what Prometheus would store of a daemon. Needs root.
import test from 'ava';
import { call } from '../helpers/http.ts';
import { create, runToEnd, start, startWithBusybox } from './daemon.harness.ts';

/** `name{labels}` → value. */
function samples(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

test('containers, actions and the event loop are counted from the first scrape on', async (t) => {
  const daemon = await startWithBusybox(t);
  await runToEnd(daemon, { Cmd: ['true'] });
  const scrape = () => call({ target: daemon.socket, method: 'GET', path: '/metrics' });
  const first = await scrape();
  t.is(first.status, 200);
  t.regex(String(first.headers['content-type']), /^text\/plain; version=0\.0\.4/);
  t.is(samples(first.text).get('engine_daemon_container_states_containers{state="exited"}'), 1);
  const id = await start(daemon, { Cmd: ['sleep', '60'] });
  await create(daemon, { Cmd: ['true'] });
  await daemon.api('POST', `/containers/${id}/pause`);
  const { text } = await scrape();
  const found = samples(text);
  const state = (name: string) => found.get(`engine_daemon_container_states_containers{state="${name}"}`);
  t.deepEqual([state('created'), state('paused'), state('running'), state('exited')], [1, 1, 0, 1]);
  t.is(found.get('engine_daemon_container_actions_seconds_count{action="create"}'), 2);
  t.is(found.get('engine_daemon_container_actions_seconds_count{action="start"}'), 1);
  t.true((found.get('engine_daemon_container_actions_seconds_sum{action="start"}') ?? 0) > 0);
  t.true((found.get('engine_daemon_events_total') ?? 0) > 5);
  t.true((found.get('process_resident_memory_bytes') ?? 0) > 10e6);
  for (const stat of ['max', 'mean', 'p50', 'p99']) {
    const seconds = found.get(`tsker_event_loop_delay_seconds{stat="${stat}"}`);
    t.true(seconds !== undefined && seconds >= 0 && seconds < 60, `${stat} ${seconds}`);
  }
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});
