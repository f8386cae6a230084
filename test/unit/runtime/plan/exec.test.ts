import test from 'ava';
import { compileExec } from '../../../../src/runtime/plan/exec.ts';
import { execNamespaceFlags } from '../../../../src/runtime/plan/namespaces.ts';
import { makeExecFacts, makeProcess, makeSpec } from './facts.ts';

test('an exec joins the cgroup by paths of the host, then all namespaces in one call', (t) => {
  const ops = compileExec(makeProcess(), makeExecFacts({ oomScoreAdj: 5 }));
  t.deepEqual(
    ops.slice(0, 4).map(({ op }) => op),
    ['WRITE', 'WRITE', 'SETNS', 'SETSID'],
  );
  t.is(ops.at(-1)?.op, 'EXEC');
});

test('nothing is entered when everything is shared', (t) => {
  const ops = compileExec(makeProcess(), makeExecFacts({ target: { slot: 6, flags: 0 }, cgroupOps: [] }));
  t.is(ops[0]?.op, 'SETSID');
});

test('the root is set for the working directory alone: a terminal must not be bound over the console', (t) => {
  const slots = { daemon: 5, terminal: { slot: 6, rows: 1, columns: 1 } };
  const names = compileExec(makeProcess(), makeExecFacts({ slots })).map(({ op }) => op);
  t.true(names.indexOf('PTY') < names.indexOf('ROOT'));
  t.is(names.indexOf('ROOT') + 1, names.indexOf('CHDIR'));
});

test('the namespaces to enter are those of the spec', (t) => {
  t.is(execNamespaceFlags(makeSpec()), 0x20000 | 0x40000000 | 0x4000000 | 0x20000000 | 0x8000000);
});
