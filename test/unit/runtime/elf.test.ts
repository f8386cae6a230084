import { readFileSync } from 'node:fs';
import test from 'ava';
import { isRunnable, machineName, parseExecutable } from '../../../src/runtime/elf.ts';
import { nearestName } from '../../../src/runtime/nearest.ts';
import { editDistance } from '../../../src/util/edit-distance.ts';

test('a real program says its machine and its loader', (t) => {
  const executable = parseExecutable(readFileSync('/bin/ls').subarray(0, 4096));
  t.is(executable.kind, 'elf');
  if (executable.kind !== 'elf') return;
  t.true(isRunnable(executable.machine, process.arch));
  t.regex(executable.interpreter ?? '', /ld-linux/);
});

test('a static program has no loader', (t) => {
  const executable = parseExecutable(readFileSync('/bin/busybox').subarray(0, 4096));
  t.is(executable.kind === 'elf' ? executable.interpreter : 'no elf', undefined);
});

for (const [text, interpreter, argument] of [
  ['#!/bin/sh\nx', '/bin/sh', ''],
  ['#! /usr/bin/env  node --flag \nx', '/usr/bin/env', 'node --flag'],
  ['#!/bin/sh\r\n', '/bin/sh\r', ''],
  ['#!', '', ''],
] as const) {
  test(`the first line ${JSON.stringify(text)}`, (t) => {
    t.deepEqual(parseExecutable(Buffer.from(text)), { kind: 'script', interpreter, argument });
  });
}

test('cut and hostile heads are no crash', (t) => {
  t.is(parseExecutable(Buffer.alloc(0)).kind, 'empty');
  t.is(parseExecutable(Buffer.from('x')).kind, 'other');
  const whole = readFileSync('/bin/ls').subarray(0, 4096);
  for (let size = 0; size < 800; size++) t.notThrows(() => parseExecutable(whole.subarray(0, size)));
  const hostile = Buffer.from(whole);
  hostile.fill(0xff, 32);
  t.is(parseExecutable(hostile).kind, 'elf');
});

test('machines have the names that images use', (t) => {
  t.deepEqual([62, 183, 999].map(machineName), ['amd64', 'arm64', 'machine 999']);
});

test('the nearest name is near', (t) => {
  t.is(nearestName('pyhton', ['perl', 'python', 'pythonw']), 'python');
  t.is(nearestName('gti', ['git', 'ls']), 'git');
  t.is(nearestName('xyz', ['abc', 'abcdef']), undefined);
  t.is(nearestName('ls', []), undefined);
  t.is(editDistance('kitten', 'sitting'), 3);
});
