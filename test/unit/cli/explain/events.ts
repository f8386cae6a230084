// A short start as the daemon tells it, for the tests of what draws it.
import type { ExplainEvent, OperationText } from '../../../../src/types/explain.ts';

const operation = (index: number, syscall: string, phase: string): OperationText => ({
  ...{ index, syscall, phase, op: syscall.toUpperCase(), call: `${syscall}("/x")`, file: 'native/common/ops_file.c' },
});

export const EVENTS: readonly ExplainEvent[] = [
  {
    ...{
      type: 'request',
      at: 0,
      method: 'POST',
      path: '/containers/ab/start?explain=true',
      time: '2026-01-02T03:04:05.678Z',
    },
    ...{ container: 'ab'.repeat(32), name: 'web', pid: 100 },
  },
  { type: 'enter', at: 10, span: 1, step: 'start', file: 'src/a.ts', function: 'start', text: 'the verb' },
  {
    ...{ type: 'fact', at: 12, span: 1, topic: 'image' },
    data: { reference: 'busybox', id: `sha256:${'12'.repeat(32)}`, layers: 1, size: 4_400_000 },
  },
  { type: 'enter', at: 20, span: 2, parent: 1, step: 'spawn', file: 'src/b.ts', function: 'spawn', text: 'clone3' },
  {
    ...{ type: 'fact', at: 110, span: 2, topic: 'process' },
    data: { pid: 200, call: 'clone3({flags=CLONE_NEWNS}) = 200', operations: 2 },
  },
  { type: 'leave', at: 120, span: 2, micros: 100 },
  {
    type: 'operation',
    at: 120,
    ...operation(0, 'mkdir', 'cgroup'),
    by: 'helper',
    count: 2,
    errno: 0,
    result: '0',
    micros: 30,
  },
  {
    ...{ type: 'operation', at: 150, ...operation(1, 'execve', 'program'), by: 'helper', count: 2, errno: 0 },
    ...{ result: 'does not return', micros: null },
  },
  { type: 'leave', at: 300, span: 1, micros: 290 },
  {
    ...{ type: 'done', at: 310, pid: 200 },
    summary: {
      ...{ total: 310, operations: 2, operationMicros: 30, slowest: [0] },
      parts: [
        { step: 'start', text: 'the verb', micros: 190 },
        { step: 'spawn', text: 'clone3', micros: 100 },
        { step: 'rest', text: 'in between', micros: 20 },
      ],
    },
  },
];
