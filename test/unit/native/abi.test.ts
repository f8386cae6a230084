import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';

const ROOT = resolve(import.meta.dirname, '../../..');
const SCRIPT = join(ROOT, 'scripts/check-abi.ts');
const HEADER = readFileSync(join(ROOT, 'native/include/tsker.h'), 'utf8');

test('the header and its TypeScript face agree', (t) => {
  t.is(execFileSync(process.execPath, [SCRIPT], { encoding: 'utf8' }), '');
});

const changes: readonly (readonly [string, RegExp, string, RegExp])[] = [
  ['a changed flag', /TSKER_BIND_SLOT 64u/, 'TSKER_BIND_SLOT 63u', /TSKER_BIND_SLOT: header 63, TypeScript 64/],
  ['a new flag', /#define TSKER_TEE_MUX 4u/, '$&\n#define TSKER_TEE_NEW 8u', /TSKER_TEE_NEW: header 8, .* has none/],
  ['a new event', /TSKER_EV_JOB = 7,/, '$&\nTSKER_EV_NEW = 8,', /TSKER_EV_NEW: header 8/],
  ['another signature', /X\(SYNCFS, *46, "s"/, 'X(SYNCFS, 46, "su"', /SYNCFS: header 46 su, TypeScript 46 s/],
  ['a moved field', /int32_t cgroup_fd;/, 'int32_t pad[3]; $&', /offsetof\(struct tsker_spawn, cgroup_fd\): header 28/],
  ['another parameter', /tsker_close\(int32_t fd\)/, 'tsker_close(uint64_t fd)', /tsker_close: header i32 id/],
];

for (const [name, pattern, replacement, message] of changes) {
  test(`${name} in the header is found`, (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'tsker-abi-test-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const changed = HEADER.replace(pattern, replacement);
    t.not(changed, HEADER);
    writeFileSync(join(directory, 'tsker.h'), changed);
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT, join(directory, 'tsker.h')], { encoding: 'utf8' });
    t.is(status, 1);
    t.regex(stderr, message);
  });
}
