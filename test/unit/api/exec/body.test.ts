import test from 'ava';
import { parseExecCreate, parseExecStart } from '../../../../src/api/exec/body.ts';
import { TskerError } from '../../../../src/util/errors.ts';

test('what the docker command line sends is read, what is null or unknown is not there', (t) => {
  const sent = {
    User: '33',
    Privileged: false,
    Tty: true,
    ConsoleSize: [24, 80],
    AttachStdin: true,
    AttachStderr: true,
    AttachStdout: true,
    DetachKeys: '',
    Env: null,
    WorkingDir: '/tmp',
    Cmd: ['sh'],
    Detach: false,
  };
  t.deepEqual(parseExecCreate(sent), {
    User: '33',
    Privileged: false,
    Tty: true,
    ConsoleSize: [24, 80],
    AttachStdin: true,
    AttachStderr: true,
    AttachStdout: true,
    DetachKeys: '',
    WorkingDir: '/tmp',
    Cmd: ['sh'],
  });
  t.deepEqual(parseExecStart({ Detach: true, Tty: null }), { Detach: true });
});

const BAD: [Record<string, unknown>, RegExp][] = [
  [{}, /^No exec command specified$/],
  [{ Cmd: [] }, /^No exec command specified$/],
  [{ Cmd: 'sh' }, /Cmd must be a list of strings/],
  [{ Cmd: ['sh', 1] }, /Cmd must be a list of strings/],
  [{ Cmd: ['sh'], Tty: 'yes' }, /Tty must be true or false/],
  [{ Cmd: ['sh'], User: 0 }, /User must be a string/],
  [{ Cmd: ['sh'], Env: { A: 'b' } }, /Env must be a list of strings/],
  [{ Cmd: ['sh'], ConsoleSize: [1] }, /ConsoleSize must be two numbers/],
  [{ Cmd: ['sh'], ConsoleSize: [1, 70_000] }, /ConsoleSize must be two numbers/],
  [{ Cmd: ['sh'], ConsoleSize: [1, -1] }, /ConsoleSize must be two numbers/],
];
for (const [body, message] of BAD) {
  test(`refused: ${JSON.stringify(body)}`, (t) => {
    const error = t.throws(() => parseExecCreate(body), { instanceOf: TskerError });
    t.is(error?.code, 'invalid');
    t.regex(error?.message ?? '', message);
  });
}

test('no body is no request', (t) => {
  t.throws(() => parseExecStart(undefined), { message: /EOF/ });
});
