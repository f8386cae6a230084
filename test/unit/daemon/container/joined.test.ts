import test from 'ava';
import type { Container } from '../../../../src/daemon/container/container.ts';
import { joinedReference, requireJoined, resolveModes } from '../../../../src/daemon/container/joined.ts';
import type { ContainerStatus } from '../../../../src/types/container.ts';
import type { HostConfig } from '../../../../src/types/container-config.ts';
import { TskerError } from '../../../../src/util/errors.ts';

/** One other container, `other`, in a state. */
function store(status: ContainerStatus, IpcMode = 'private'): { resolve(reference: string): Container } {
  return {
    resolve(reference) {
      if (!['other', 'id-of-other'].includes(reference)) {
        throw new TskerError('not_found', `No such container: ${reference}`);
      }
      return { id: 'id-of-other', record: { state: { status }, hostConfig: { IpcMode } } } as unknown as Container;
    },
  };
}

const modes = (given: Partial<HostConfig>): HostConfig =>
  ({ NetworkMode: 'bridge', IpcMode: 'private', PidMode: '', ...given }) as HostConfig;

test('only `container:` names another', (t) => {
  t.is(joinedReference('container:x'), 'x');
  t.is(joinedReference('host'), undefined);
});

test('names become ids; a network that is not there stays for the start to refuse, the rest is refused', (t) => {
  const resolved = resolveModes(store('running'), modes({ PidMode: 'container:other', NetworkMode: 'container:gone' }));
  t.like(resolved, { PidMode: 'container:id-of-other', IpcMode: 'private', NetworkMode: 'container:gone' });
  t.throws(() => resolveModes(store('running'), modes({ IpcMode: 'container:gone' })), {
    message: 'No such container: gone',
  });
});

const REFUSED: readonly (readonly [ContainerStatus, Partial<HostConfig>, RegExp])[] = [
  ['exited', { NetworkMode: 'container:other' }, /^cannot join network of a non running container: id-of-other$/],
  ['exited', { PidMode: 'container:other' }, /^cannot join PID of a non running container: id-of-other$/],
  ['restarting', { PidMode: 'container:other' }, /is restarting, wait until the container is running$/],
  ['running', { IpcMode: 'container:other' }, /^can't join IPC of container other: non-shareable IPC/],
  ['running', { NetworkMode: 'container:gone' }, /^joining network namespace of container: No such container: gone$/],
];
for (const [status, given, message] of REFUSED) {
  test(`refused: ${message.source}`, (t) => {
    const record = { id: 'own', hostConfig: modes(given) };
    t.throws(() => requireJoined(store(status), record), { instanceOf: TskerError, message });
  });
}

test('a container does not join itself', (t) => {
  const record = { id: 'id-of-other', hostConfig: modes({ NetworkMode: 'container:other' }) };
  t.throws(() => requireJoined(store('running'), record), { message: /cannot join own namespace$/ });
});

test('one that is paused can be joined', (t) => {
  const record = { id: 'own', hostConfig: modes({ IpcMode: 'container:other' }) };
  t.is(requireJoined(store('paused', 'shareable'), record).ipc?.id, 'id-of-other');
});
