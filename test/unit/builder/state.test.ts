import test from 'ava';
import { documentBytes, nextState, scratchState, shortId, stateKey } from '../../../src/builder/state.ts';

const step = (created: string, created_by = 'RUN x') => ({
  config: { Env: ['A=1'] },
  history: { created, created_by },
  diffId: `sha256:${'a'.repeat(64)}`,
});

test('a step adds its layer and its line of history, and names the image after its document', (t) => {
  const state = nextState(scratchState(), step('2020-01-01T00:00:00Z'));
  t.deepEqual(state.document.rootfs.diff_ids, [`sha256:${'a'.repeat(64)}`]);
  t.is(state.document.history?.length, 1);
  t.regex(state.id, /^sha256:[0-9a-f]{64}$/);
  t.is(JSON.parse(documentBytes(state.document).toString()).created, '2020-01-01T00:00:00Z');
});

test('states that differ in times and history only have one key', (t) => {
  const first = nextState(scratchState(), step('2020-01-01T00:00:00Z'));
  const second = nextState(scratchState(), step('2021-01-01T00:00:00Z', 'RUN y'));
  t.not(first.id, second.id);
  t.is(stateKey(first), stateKey(second));
});

test('the order of a configuration’s fields does not matter to the key, and their values do', (t) => {
  const of = (config: object) => stateKey({ ...scratchState(), config });
  t.is(of({ User: 'a', WorkingDir: '/b' }), of({ WorkingDir: '/b', User: 'a' }));
  t.not(of({ User: 'a' }), of({ User: 'b' }));
});

test('ids are shown by twelve digits', (t) => t.is(shortId(`sha256:${'0123456789ab'.repeat(5)}cdef`), '0123456789ab'));
