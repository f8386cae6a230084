// The records of dockerd 28.2.2, taken apart: <30>Nov 21 13:55:20 9168c6eac69f[6245]: hi
import test from 'ava';
import { headerOf } from '../../../../../src/daemon/logging/syslog/header.ts';

const COMMON = { facility: 3, tag: '9168c6eac69f', hostname: 'vm', pid: 6245, transport: 'tcp' } as const;

test('the form without a host, for the host’s own server', (t) => {
  t.deepEqual(headerOf({ ...COMMON, format: 'unix' }), {
    before: '',
    after: ' 9168c6eac69f[6245]: ',
    time: 'stamp',
    stdoutPriority: 30,
    stderrPriority: 27,
    counted: false,
  });
});

test('RFC 3164', (t) => {
  const header = headerOf({ ...COMMON, format: 'rfc3164', facility: 19, tag: 'jolly_fermat x' });
  t.like(header, {
    before: '',
    after: ' vm jolly_fermat x[6245]: ',
    time: 'stamp',
    stdoutPriority: 158,
    stderrPriority: 155,
  });
});

test('RFC 5424, counted over TLS only', (t) => {
  const after = ' vm 9168c6eac69f 6245 9168c6eac69f - ';
  t.like(headerOf({ ...COMMON, format: 'rfc5424' }), { before: '1 ', after, time: 'rfc3339', counted: false });
  t.like(headerOf({ ...COMMON, format: 'rfc5424micro', transport: 'tcp+tls' }), {
    after,
    time: 'micro',
    counted: true,
  });
});

test('a line break in a tag forges no record', (t) => {
  t.is(headerOf({ ...COMMON, format: 'unix', tag: 'a\n<0>b' }).after, ' a?<0>b[6245]: ');
});
