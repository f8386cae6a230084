import test from 'ava';
import { activatedDescriptors, forgetActivation } from '../../../src/api/socket-activation.ts';

const handed = { LISTEN_PID: '7', LISTEN_FDS: '2' };

test('all that were handed over, or one of them', (t) => {
  t.deepEqual(activatedDescriptors(handed, { pid: 7, wanted: undefined }), [3, 4]);
  t.deepEqual(activatedDescriptors(handed, { pid: 7, wanted: 4 }), [4]);
  t.throws(() => activatedDescriptors(handed, { pid: 7, wanted: 5 }), { message: /too few socket activated files/ });
});

test('those of another process are none', (t) => {
  for (const env of [{}, { ...handed, LISTEN_PID: '8' }, { ...handed, LISTEN_FDS: 'x' }]) {
    t.throws(() => activatedDescriptors(env, { pid: 7, wanted: undefined }), { message: /no sockets found/ });
  }
});

test('programs are not told', (t) => {
  const env: NodeJS.ProcessEnv = { ...handed, LISTEN_FDNAMES: 'a', PATH: '/bin' };
  forgetActivation(env);
  t.deepEqual(env, { PATH: '/bin' });
});
