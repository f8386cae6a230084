// Second lines of defence: attacks that the engine makes impossible by what it does not do (a descriptor that it does not
// pass on) are tried with that mistake made. Needs root and overlay.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { O_DIRECTORY, O_RDONLY } from '../../src/native/linux.ts';
import type { Native, SpawnRequest } from '../../src/native/native.ts';
import { messageOf } from '../../src/util/errors.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { RuntimeHarness } from './runtime.harness.ts';

const suite = suiteOwner(test);
let harness: RuntimeHarness;
test.before('a runtime that leaks a directory of the host to its helper', async () => {
  const host = join(tempdir(suite, 'host'), 'leaked');
  mkdirSync(host);
  writeFileSync(join(host, 'secret'), 'of the host\n');
  harness = await RuntimeHarness.create(suite, (native) => {
    const leaked = native.open(host, O_RDONLY | O_DIRECTORY);
    suite.teardown(() => native.close(leaked));
    return withMore(native, [leaked, leaked, leaked]);
  });
});

/** More than one, for a start puts descriptors of its own where it was given none. */
function withMore(native: Native, fds: readonly number[]): Native {
  const spawn = (request: SpawnRequest) => native.spawn({ ...request, fds: [...request.fds, ...fds] });
  return new Proxy(native, {
    get(target, name) {
      const value: unknown = name === 'spawn' ? spawn : Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

// CVE-2024-21626: a working directory that is such a descriptor leaves the container's root.
test('a directory of the host that leaked is no working directory, at start or exec', async (t) => {
  const script = 'cat secret 2>/dev/null; true';
  const running = await harness.start(t, { script: 'exec sleep 1000' });
  const refused: string[] = [];
  const tried = (one: Promise<{ readonly output: string }>): Promise<string> =>
    one.then(
      ({ output }) => output,
      (error: unknown) => {
        refused.push(messageOf(error));
        return '';
      },
    );
  for (let fd = 3; fd < 24; fd += 1) {
    const cwd = `/proc/self/fd/${fd}`;
    t.is(await tried(harness.exec(running.id, script, { cwd })), '', `exec in ${cwd}`);
    t.is(await tried(harness.run(t, { script, changes: { process: { cwd } } })), '', `start in ${cwd}`);
  }
  t.true(refused.length >= 2, 'where there is a directory, it is the kernel that refuses the way to it');
  t.log(refused[0]);
});
