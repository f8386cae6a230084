import test from 'ava';
import { formatTable } from '../../../src/runc/output.ts';
import { filterRows } from '../../../src/runc/ps.ts';

test("a table's columns are at least twelve wide and three apart", (t) => {
  const rows = [
    ['ID', 'PID', 'BUNDLE', 'OWNER'],
    ['a-long-container-id', '7', '/b', 'root'],
  ];
  t.is(
    formatTable(rows),
    'ID                    PID         BUNDLE      OWNER\na-long-container-id   7           /b          root\n',
  );
});

test('of the output of ps the rows of the container stay', (t) => {
  const output = 'UID   PID  PPID CMD\nroot    1     0 init\nroot   17     1 sleep 17\nroot   18     1 sh\n';
  t.is(filterRows(output, new Set([17])), 'UID   PID  PPID CMD\nroot   17     1 sleep 17\n');
  t.throws(() => filterRows('COMMAND\nsh\n', new Set([1])), { message: "couldn't find PID field in ps output" });
});
