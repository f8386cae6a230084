// Reasons on real directories; the error numbers are what the kernel gives for these files.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ERRNO } from '../../../src/native/errno.ts';
import { explainExec } from '../../../src/runtime/reasons.ts';
import { RootReader } from '../../../src/runtime/rootfs/reader.ts';
import { tempdir } from '../../helpers/tempdir.ts';
import { makeProcess } from './plan/facts.ts';

/** A 64-bit little-endian ELF head with one PT_INTERP, or none. */
function elf(machine: number, interpreter?: string): Buffer {
  const head = Buffer.alloc(256);
  head.write('\x7fELF\x02\x01\x01', 'latin1');
  head.writeUInt16LE(machine, 18);
  head.writeBigUInt64LE(64n, 32);
  head.writeUInt16LE(56, 54);
  head.writeUInt16LE(interpreter === undefined ? 0 : 1, 56);
  if (interpreter === undefined) return head;
  head.writeUInt32LE(3, 64);
  head.writeBigUInt64LE(128n, 64 + 8);
  head.writeBigUInt64LE(BigInt(interpreter.length + 1), 64 + 32);
  head.write(`${interpreter}\0`, 128);
  return head;
}

const NATIVE = process.arch === 'arm64' ? 183 : 62;
const FOREIGN = process.arch === 'arm64' ? 62 : 183;

const FILES: Readonly<Record<string, [content: string | Buffer, mode: number]>> = {
  'bin/sh': [elf(NATIVE), 0o755],
  'bin/python3': [elf(NATIVE), 0o755],
  'bin/dynamic': [elf(NATIVE, '/lib64/ld-linux-x86-64.so.2'), 0o755],
  'bin/musl': [elf(NATIVE, '/lib/ld-musl-x86_64.so.1'), 0o755],
  'bin/foreign': [elf(FOREIGN), 0o755],
  'bin/empty': ['', 0o755],
  'bin/text': ['hello', 0o755],
  'bin/plain': [elf(NATIVE), 0o644],
  'bin/badscript': ['#!/usr/bin/perl -w\n', 0o755],
  'bin/dos': ['#!/bin/sh\r\necho\r\n', 0o755],
  'bin/nameless': ['#!\n', 0o755],
  'bin/private': [elf(NATIVE), 0o700],
};

function explain(t: ExecutionContext, program: string, errno: number, uid = 0): ReturnType<typeof explainExec> {
  const root = tempdir(t);
  for (const [path, [content, mode]] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    chmodSync(join(root, path), mode);
  }
  using reader = new RootReader({ type: 'bind', source: root, options: [] });
  return explainExec(reader, makeProcess({ args: [program], user: { uid, gid: uid } }), errno);
}

const CASES: readonly [
  program: string,
  errno: number,
  code: ReturnType<typeof explainExec>['code'],
  message: string,
  reason: RegExp | undefined,
][] = [
  [
    'nothing-like-it',
    ERRNO.ENOENT,
    'command_not_found',
    'exec: "nothing-like-it": executable file not found in $PATH',
    undefined,
  ],
  [
    'pyhton3',
    ERRNO.ENOENT,
    'command_not_found',
    'exec: "pyhton3": executable file not found in $PATH',
    /nearest name is "python3"/,
  ],
  [
    '/bin/pyton3',
    ERRNO.ENOENT,
    'command_not_found',
    'exec: "/bin/pyton3": stat /bin/pyton3: no such file or directory',
    /"python3"/,
  ],
  [
    '/opt/x',
    ERRNO.ENOENT,
    'command_not_found',
    'exec: "/opt/x": stat /opt/x: no such file or directory',
    /\/opt does not exist/,
  ],
  [
    'dynamic',
    ERRNO.ENOENT,
    'command_not_found',
    'exec: "dynamic": no such file or directory',
    /loader \/lib64\/ld-linux.*glibc/,
  ],
  ['/bin/musl', ERRNO.ENOENT, 'command_not_found', 'exec: "/bin/musl": no such file or directory', /musl/],
  [
    '/bin/badscript',
    ERRNO.ENOENT,
    'command_not_found',
    'exec: "/bin/badscript": no such file or directory',
    /interpreter "\/usr\/bin\/perl"/,
  ],
  ['/bin/dos', ERRNO.ENOENT, 'command_not_found', 'exec: "/bin/dos": no such file or directory', /carriage return/],
  [
    '/bin/nameless',
    ERRNO.ENOEXEC,
    'command_not_executable',
    'exec: "/bin/nameless": exec format error',
    /names no interpreter/,
  ],
  [
    '/bin/plain',
    ERRNO.EACCES,
    'command_not_executable',
    'exec: "/bin/plain": permission denied',
    /no execute permission \(mode 0644\)/,
  ],
  ['/bin', ERRNO.EACCES, 'command_not_executable', 'exec: "/bin": permission denied', /is a directory/],
  [
    '/bin/foreign',
    ERRNO.ENOEXEC,
    'command_not_executable',
    'exec: "/bin/foreign": exec format error',
    /is built for (arm64|amd64), and this host is/,
  ],
  ['/bin/empty', ERRNO.ENOEXEC, 'command_not_executable', 'exec: "/bin/empty": exec format error', /is empty/],
  ['/bin/text', ERRNO.ENOEXEC, 'command_not_executable', 'exec: "/bin/text": exec format error', /neither an ELF/],
  ['sh', ERRNO.E2BIG, 'internal', 'exec: "sh": argument list too long', undefined],
];

for (const [program, errno, code, message, reason] of CASES) {
  test(`${program} with errno ${errno}: ${message}`, (t) => {
    const failure = explain(t, program, errno);
    t.is(failure.code, code);
    t.is(failure.message, message);
    if (reason === undefined) t.is(failure.reason, undefined);
    else t.regex(failure.reason ?? '', reason);
  });
}

test("a file that is not the user's to run says whose it would be", (t) => {
  t.regex(explain(t, '/bin/private', ERRNO.EACCES, 1000).reason ?? '', /user 1000 .*mode 0700/);
});
