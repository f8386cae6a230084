import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { SeccompCache } from '../../../../src/runtime/seccomp/cache.ts';
import { tempdir } from '../../../helpers/tempdir.ts';

class CountingCompiler {
  calls = 0;

  compileSeccomp(): Buffer {
    this.calls++;
    return Buffer.from('program!');
  }
}

const PROFILE = { defaultAction: 'SCMP_ACT_ALLOW' };

test('a profile is compiled once, for this daemon and the next', (t) => {
  const directory = join(tempdir(t), 'seccomp');
  const compiler = new CountingCompiler();
  const cache = new SeccompCache(compiler, directory);
  const program = cache.program(PROFILE);
  t.deepEqual(cache.program(PROFILE), program);
  t.deepEqual(cache.program({ ...PROFILE }), program);
  t.deepEqual(new SeccompCache(compiler, directory).program(PROFILE), program);
  t.is(compiler.calls, 1);
  cache.program({ ...PROFILE, flags: [] });
  t.is(compiler.calls, 2);
  t.is(readdirSync(directory).length, 2);
});

test('a damaged file is compiled anew', (t) => {
  const directory = tempdir(t);
  const compiler = new CountingCompiler();
  new SeccompCache(compiler, directory).program(PROFILE);
  const file = join(directory, readdirSync(directory)[0] ?? '');
  for (const damage of [Buffer.alloc(0), readFileSync(file).subarray(0, 35), Buffer.alloc(40, 1)]) {
    writeFileSync(file, damage);
    t.is(new SeccompCache(compiler, directory).program(PROFILE).toString(), 'program!');
  }
  t.is(compiler.calls, 4);
});

test('those who want a program made ready at once have it compiled once, with a pause behind each part', async (t) => {
  const compiler = new CountingCompiler();
  const cache = new SeccompCache(compiler, tempdir(t));
  let pauses = 0;
  const pause = async (): Promise<void> => {
    pauses += 1;
    await setImmediate();
  };
  await Promise.all([PROFILE, { ...PROFILE }, { ...PROFILE }].map((profile) => cache.prepare(profile, pause)));
  t.deepEqual([compiler.calls, pauses], [1, 2]);
  t.is(cache.program(PROFILE).toString(), 'program!');
  await cache.prepare({ ...PROFILE }, pause);
  t.deepEqual([compiler.calls, pauses], [1, 2]);
});

test('what cannot be compiled is tried again by the next', async (t) => {
  let tries = 0;
  const compileSeccomp = (): Buffer => {
    tries += 1;
    if (tries === 1) throw new Error('no memory');
    return Buffer.from('program!');
  };
  const cache = new SeccompCache({ compileSeccomp }, tempdir(t));
  const prepare = (): Promise<void> => cache.prepare(PROFILE, async () => {});
  await t.throwsAsync(prepare, { message: 'no memory' });
  await prepare();
  t.is(cache.program(PROFILE).toString(), 'program!');
});
