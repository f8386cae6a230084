// The filters that containers get, against those that libseccomp compiles: the same answer to every system call.
import test from 'ava';
import { compactFilter } from '../../src/runtime/seccomp/compact.ts';
import { DEFAULT_SECCOMP_PROFILE } from '../../src/runtime/seccomp/default-profile.ts';
import { answerNewCalls } from '../../src/runtime/seccomp/enosys.ts';
import { resolveProfile } from '../../src/runtime/seccomp/profile.ts';
import { seccompRules } from '../../src/runtime/seccomp/rules.ts';
import { runFilter } from '../helpers/bpf.ts';
import { openNative } from '../helpers/native.ts';

const native = openNative();
const X32 = 0x4000_0000;
const ARCHITECTURES = [0xc000003e, 0x40000003, 0xc00000b7, 0];
/** Of clone, personality, socket and others that profiles look at. */
const ARGUMENTS = [0n, 1n, 2n, 8n, 16n, 38n, 40n, 0x20000n, 0x20008n, 0x10000000n, 0x7e020000n, 0xffffffffn, 2n ** 63n];

for (const [what, capabilities] of [
  ['without capabilities', []],
  ['that may administer', ['CAP_SYS_ADMIN', 'CAP_SYS_PTRACE', 'CAP_SYS_TIME', 'CAP_BPF', 'CAP_PERFMON']],
] satisfies [string, string[]][]) {
  test(`every call is answered as by the filter of libseccomp, ${what}`, async (t) => {
    const context = { capabilities, architecture: 'amd64', kernelRelease: '6.1.0' };
    const rules = seccompRules(resolveProfile(DEFAULT_SECCOMP_PROFILE, context));
    const before = answerNewCalls(rules, await native.compileSeccomp(rules));
    const after = compactFilter(before);
    t.true(after.length < before.length / 3, `${before.length / 8} instructions, then ${after.length / 8}`);
    const numbers = [...Array(600).keys()].flatMap((number) => [number, X32 + number]);
    for (const architecture of ARCHITECTURES) {
      for (const number of [...numbers, 2 ** 31, 2 ** 32 - 1]) {
        for (const value of ARGUMENTS) {
          const call = { architecture, number, args: [value, value, value, value, value, value] };
          const [wanted, actual] = [runFilter(before, call), runFilter(after, call)];
          if (wanted !== actual) t.fail(`${architecture} ${number} (${value}): ${actual}, not ${wanted}`);
        }
      }
    }
    t.pass();
  });
}
