import test from 'ava';
import { apparmorProfile } from '../../../src/daemon/container/spec/security.ts';
import { profileNames } from '../../../src/runtime/apparmor.ts';
import { confinementOps } from '../../../src/runtime/plan/process.ts';
import { makeFacts, makeProcess } from './plan/facts.ts';

const ATTRIBUTE = '/proc/self/attr/apparmor/exec';
const LOADED = { attribute: ATTRIBUTE, isLoaded: (name: string) => name === 'docker-default' };
const EMPTY = { attribute: ATTRIBUTE, isLoaded: () => false };
const WITHOUT = { attribute: undefined, isLoaded: () => false };

test('loaded profiles are read with spaces in their names', (t) => {
  const text = 'docker-default (enforce)\n/usr/bin/man (complain)\na b (unconfined)\nbroken\n';
  t.deepEqual([...profileNames(text)], ['docker-default', '/usr/bin/man', 'a b']);
});

for (const [title, option, privileged, host, expected] of [
  ['the default where it is loaded', [], false, LOADED, 'docker-default'],
  ['none where it is not', [], false, EMPTY, ''],
  ['a privileged container is unconfined', [], true, LOADED, 'unconfined'],
  ['what the user names goes first', ['apparmor=own'], true, LOADED, 'own'],
  ['unconfined is a name too', ['apparmor=unconfined'], false, LOADED, 'unconfined'],
  ['a kernel without AppArmor passes all of it over, as Docker', ['apparmor=own'], false, WITHOUT, ''],
] as const) {
  test(`the profile of a container: ${title}`, (t) => {
    t.is(apparmorProfile({ SecurityOpt: [...option], Privileged: privileged }, host), expected);
  });
}

test('the profile is written by the /proc of the host, before any mount of the container', (t) => {
  const facts = makeFacts({ apparmorAttribute: ATTRIBUTE });
  const process = makeProcess({ apparmorProfile: 'own' });
  t.deepEqual(confinementOps(process, facts), [{ op: 'WRITE', path: ATTRIBUTE, data: 'exec own' }]);
  t.deepEqual(confinementOps(makeProcess(), facts), []);
});
