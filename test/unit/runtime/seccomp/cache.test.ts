import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { SeccompCache } from '../../../../src/runtime/seccomp/cache.ts';
import type { Seccomp } from '../../../../src/runtime/spec.ts';
import { tempdir } from '../../../helpers/tempdir.ts';

class CountingCompiler {
  calls = 0;

  async compileSeccomp(): Promise<Buffer> {
    this.calls++;
    await setImmediate();
    return Buffer.from('program!');
  }
}

const PROFILE = { defaultAction: 'SCMP_ACT_ALLOW' };

async function prepared(cache: SeccompCache, profile: Seccomp): Promise<string> {
  await cache.prepare(profile);
  return cache.program(profile).toString();
}

test('a profile is compiled once, for this daemon and the next', async (t) => {
  const directory = join(tempdir(t), 'seccomp');
  const compiler = new CountingCompiler();
  const cache = new SeccompCache(compiler, directory);
  t.is(await prepared(cache, PROFILE), 'program!');
  t.is(await prepared(cache, PROFILE), 'program!');
  t.is(cache.program({ ...PROFILE }).toString(), 'program!');
  t.is(await prepared(new SeccompCache(compiler, directory), PROFILE), 'program!');
  t.is(compiler.calls, 1);
  await prepared(cache, { ...PROFILE, flags: [] });
  t.is(compiler.calls, 2);
  t.is(readdirSync(directory).length, 2);
});

test('a damaged file is compiled anew', async (t) => {
  const directory = tempdir(t);
  const compiler = new CountingCompiler();
  await prepared(new SeccompCache(compiler, directory), PROFILE);
  const file = join(directory, readdirSync(directory)[0] ?? '');
  for (const damage of [Buffer.alloc(0), readFileSync(file).subarray(0, 35), Buffer.alloc(40, 1)]) {
    writeFileSync(file, damage);
    t.is(await prepared(new SeccompCache(compiler, directory), PROFILE), 'program!');
  }
  t.is(compiler.calls, 4);
});

test('those who want a program made ready at once have it compiled once', async (t) => {
  const compiler = new CountingCompiler();
  const cache = new SeccompCache(compiler, tempdir(t));
  t.throws(() => cache.program(PROFILE), { message: 'a seccomp filter is not prepared' });
  await Promise.all([PROFILE, { ...PROFILE }, { ...PROFILE }].map((profile) => prepared(cache, profile)));
  await prepared(cache, { ...PROFILE });
  t.is(compiler.calls, 1);
});

test('what cannot be compiled is tried again by the next', async (t) => {
  let tries = 0;
  const compileSeccomp = async (): Promise<Buffer> => {
    tries += 1;
    if (tries === 1) throw new Error('no memory');
    return Buffer.from('program!');
  };
  const cache = new SeccompCache({ compileSeccomp }, tempdir(t));
  await t.throwsAsync(() => cache.prepare(PROFILE), { message: 'no memory' });
  t.is(await prepared(cache, PROFILE), 'program!');
});
