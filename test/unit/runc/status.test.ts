import test from 'ava';
import { isAlive, parseStat, readProcess } from '../../../src/runc/status.ts';
import { checkId } from '../../../src/runc/store.ts';

test("a process's name may look like the rest of its line", (t) => {
  const fields = ['S', ...Array.from({ length: 18 }, (_, index) => String(index)), '4711', '0'];
  t.deepEqual(parseStat(`12 (a) R 1 (b)) ${fields.join(' ')}\n`), { state: 'S', startTime: '4711' });
});

test('a process is itself only with its start time', (t) => {
  const own = readProcess(process.pid);
  t.truthy(own);
  t.true(isAlive({ pid: process.pid, startTime: own?.startTime ?? '' }));
  t.false(isAlive({ pid: process.pid, startTime: '1' }));
  t.is(readProcess(2 ** 22 + 1), undefined);
});

for (const id of ['a', 'A-1_b.c+d', 'x'.repeat(255)]) {
  test(`${id.slice(0, 20)} is an id`, (t) => t.is(checkId(id), id));
}

for (const id of ['', '.', '..', '.hidden', 'a/b', 'a b', '../x', 'x\0', 'x'.repeat(256)]) {
  test(`${JSON.stringify(id.slice(0, 20))} is no id`, (t) => {
    t.throws(() => checkId(id), { message: 'invalid container ID format' });
  });
}
