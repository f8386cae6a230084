import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
