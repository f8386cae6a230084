import test from 'ava';
import {
  parseSyslogAddress,
  parseSyslogFacility,
  readSyslogTls,
  type SyslogAddress,
} from '../../../../../src/daemon/logging/syslog/options.ts';

const ADDRESSES: readonly [string, SyslogAddress][] = [
  ['', { kind: 'local' }],
  ['tcp://127.0.0.1:5514', { kind: 'tcp', host: '127.0.0.1', port: 5514 }],
  ['tcp://127.0.0.1', { kind: 'tcp', host: '127.0.0.1', port: 514 }],
  ['udp://logs.example.com', { kind: 'udp', host: 'logs.example.com', port: 514 }],
  ['udp://[::1]:1514', { kind: 'udp', host: '::1', port: 1514 }],
  ['tcp+tls://[fe80::1]', { kind: 'tcp+tls', host: 'fe80::1', port: 514 }],
  ['tcp://:9', { kind: 'tcp', host: '', port: 9 }],
  ['unix:///tmp', { kind: 'unix', path: '/tmp' }],
  ['unixgram:///dev/null', { kind: 'unixgram', path: '/dev/null' }],
];

for (const [text, expected] of ADDRESSES) {
  test(`the address ${text === '' ? 'that is empty' : text}`, (t) => {
    t.deepEqual(parseSyslogAddress(text), expected);
  });
}

test('facilities have names and numbers', (t) => {
  t.is(parseSyslogFacility(''), 3);
  t.is(parseSyslogFacility('kern'), 0);
  t.is(parseSyslogFacility('local0'), 16);
  t.is(parseSyslogFacility('local7'), 23);
  t.is(parseSyslogFacility('12'), 12);
  for (const text of ['-1', '24', 'x', '1.5', ' 1']) {
    t.throws(() => parseSyslogFacility(text), { message: 'invalid syslog facility' });
  }
});

test('certificates that are not there are told', (t) => {
  t.deepEqual(readSyslogTls({}), { rejectUnauthorized: true });
  t.deepEqual(readSyslogTls({ 'syslog-tls-skip-verify': '' }), { rejectUnauthorized: false });
  t.throws(() => readSyslogTls({ 'syslog-tls-ca-cert': '/nonexistent' }), {
    message: 'could not read CA certificate "/nonexistent": open /nonexistent: no such file or directory',
  });
});
