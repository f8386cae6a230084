import test from 'ava';
import { parseCreateRequest } from '../../../../src/api/container/create-body.ts';
import { TskerError } from '../../../../src/util/errors.ts';

test('known fields are kept, unknown ones dropped, null counts as missing', (t) => {
  const body = { Image: 'a', Cmd: ['x'], Env: null, Nonsense: 1, HostConfig: { Memory: 5, Other: {} } };
  t.deepEqual(parseCreateRequest(body), { Image: 'a', Cmd: ['x'], HostConfig: { Memory: 5 } } as never);
});

test('one string stands for a command of one word', (t) => {
  t.deepEqual(parseCreateRequest({ Cmd: 'sh', Entrypoint: 'x' }), { Cmd: ['sh'], Entrypoint: ['x'] });
});

test('nested objects are read field by field', (t) => {
  const parsed = parseCreateRequest({
    Image: 'x',
    HostConfig: {
      RestartPolicy: { Name: 'always', Extra: 1 },
      Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }],
      ConsoleSize: [24, 80],
      Mounts: [{ Type: 'bind', Source: '/a', Target: '/b', BindOptions: { Propagation: 'rslave' } }],
    },
  });
  t.deepEqual(parsed.HostConfig as unknown, {
    RestartPolicy: { Name: 'always' },
    Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }],
    ConsoleSize: [24, 80],
    Mounts: [{ Type: 'bind', Source: '/a', Target: '/b', BindOptions: { Propagation: 'rslave' } }],
  });
});

const WRONG: [string, Record<string, unknown>, string][] = [
  ['a number for a text', { Image: 1 }, 'Image must be a string'],
  ['a text for a number', { HostConfig: { Memory: '64m' } }, 'HostConfig.Memory must be a number'],
  ['infinity', { HostConfig: { Memory: Number.POSITIVE_INFINITY } }, 'HostConfig.Memory must be a number'],
  ['a text for a flag', { Tty: 'yes' }, 'Tty must be true or false'],
  ['numbers in a list', { Env: [1] }, 'Env must be a list of strings'],
  ['a list for an object', { Labels: [] }, 'Labels must be an object'],
  ['a label that is no text', { Labels: { a: 1 } }, 'Labels must be an object of strings'],
  ['a text for a list of objects', { HostConfig: { Ulimits: 'x' } }, 'HostConfig.Ulimits must be a list of objects'],
  [
    'a wrong field in a list',
    { HostConfig: { Devices: [{ PathOnHost: 1 }] } },
    'HostConfig.Devices[0].PathOnHost must be a string',
  ],
  ['a size of one', { HostConfig: { ConsoleSize: [1] } }, 'HostConfig.ConsoleSize must be two numbers'],
  ['a list for HostConfig', { HostConfig: [] }, 'HostConfig must be an object'],
];
for (const [what, body, message] of WRONG) {
  test(`refused: ${what}`, (t) => {
    const error = t.throws(() => parseCreateRequest(body), { instanceOf: TskerError });
    t.is(error?.message, `invalid JSON: ${message}`);
    t.is(error?.status, 400);
  });
}

test('an empty body is refused in the words of Docker', (t) => {
  const error = t.throws(() => parseCreateRequest(undefined), { instanceOf: TskerError });
  t.is(error?.message, 'invalid JSON: got EOF while reading request body');
});
