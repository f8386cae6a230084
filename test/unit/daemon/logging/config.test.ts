// What a container's LogConfig may be when it is created. The words were taken from dockerd 28.2.2.
import test from 'ava';
import { createDefaultLogConfig, resolveLogConfig, validateLogConfig } from '../../../../src/daemon/logging/config.ts';

type Options = Record<string, string>;

const ACCEPTED: readonly [string, Options][] = [
  ['json-file', {}],
  ['json-file', { 'max-size': '10m', 'max-file': '3', compress: 'true' }],
  ['json-file', { labels: 'a,b', 'labels-regex': '^x', env: 'E', 'env-regex': '^F', tag: '{{.Name}}' }],
  ['json-file', { mode: 'non-blocking', 'max-buffer-size': '4m' }],
  ['json-file', { mode: 'blocking' }],
  ['json-file', { 'cache-disabled': 'true' }],
  ['json-file', { 'cache-max-size': '1m' }],
  // Values are looked at when the container starts, as Docker does.
  ['json-file', { 'max-size': 'abc' }],
  ['json-file', { 'max-file': '0' }],
  ['local', { 'max-size': 'abc', 'max-file': '1', compress: 'x' }],
  ['none', { whatever: 'x' }],
  ['none', { mode: 'x' }],
  ['syslog', {}],
  ['syslog', { 'syslog-address': 'udp://127.0.0.1:514', 'syslog-facility': 'local7', 'syslog-format': 'rfc5424micro' }],
  ['syslog', { 'syslog-address': 'tcp://', tag: '{{' }],
  ['syslog', { 'syslog-address': 'unix:///', 'syslog-facility': '23' }],
];

for (const [type, options] of ACCEPTED) {
  test(`create accepts ${type} ${JSON.stringify(options)}`, (t) => {
    t.notThrows(() => validateLogConfig({ Type: type, Config: options }));
  });
}

const REFUSED: readonly [string, Options, string][] = [
  ['bogus', {}, 'error looking up logging plugin bogus: plugin "bogus" not found'],
  ['bogus', { mode: 'x' }, 'logger: logging mode not supported: x'],
  ['constructor', {}, 'error looking up logging plugin constructor: plugin "constructor" not found'],
  ['json-file', { foo: 'bar' }, "unknown log opt 'foo' for json-file log driver"],
  ['json-file', { zoo: 'x', foo: 'bar' }, "unknown log opt 'foo' for json-file log driver"],
  ['json-file', { mode: 'x' }, 'logger: logging mode not supported: x'],
  [
    'json-file',
    { 'max-buffer-size': '1m' },
    "logger: max-buffer-size option is only supported with 'mode=non-blocking'",
  ],
  [
    'json-file',
    { mode: 'non-blocking', 'max-buffer-size': 'x' },
    "error parsing option max-buffer-size: invalid size: 'x'",
  ],
  ['json-file', { 'cache-disabled': 'x' }, 'invalid value for option cache-disabled: x'],
  ['local', { foo: 'bar' }, "unknown log opt 'foo' for log driver local"],
  ['local', { labels: 'a' }, "unknown log opt 'labels' for log driver local"],
  ['syslog', { foo: 'bar' }, "unknown log opt 'foo' for syslog log driver"],
  ['syslog', { 'max-size': '1m' }, "unknown log opt 'max-size' for syslog log driver"],
  ['syslog', { 'syslog-address': 'x' }, 'syslog-address should be in form proto://address, got x'],
  ['syslog', { 'syslog-address': 'http://x' }, 'syslog-address should be in form proto://address, got http://x'],
  ['syslog', { 'syslog-address': 'unix:///nonexistent' }, 'stat /nonexistent: no such file or directory'],
  ['syslog', { 'syslog-address': 'unixgram:///nonexistent' }, 'stat /nonexistent: no such file or directory'],
  ['syslog', { 'syslog-address': 'tcp://a:b:c' }, 'parse "tcp://a:b:c": invalid port ":c" after host'],
  ['syslog', { 'syslog-address': 'tcp://[::1' }, 'parse "tcp://[::1": missing \']\' in host'],
  ['syslog', { 'syslog-facility': 'bogus' }, 'invalid syslog facility'],
  ['syslog', { 'syslog-facility': '24' }, 'invalid syslog facility'],
  ['syslog', { 'syslog-format': 'bogus' }, 'Invalid syslog format'],
];

for (const [type, options, message] of REFUSED) {
  test(`create refuses ${type} ${JSON.stringify(options)}`, (t) => {
    const error = t.throws(() => validateLogConfig({ Type: type, Config: options }), { message });
    t.like(error, { code: 'invalid' });
  });
}

const DEFAULTS = createDefaultLogConfig('json-file', { 'max-size': '10m', 'max-file': '3' });

test('without a driver the daemon’s is taken, with its options below the container’s', (t) => {
  t.deepEqual(resolveLogConfig(undefined, DEFAULTS), DEFAULTS);
  t.deepEqual(resolveLogConfig({ Type: '', Config: { 'max-file': '5', tag: 'x' } }, DEFAULTS), {
    Type: 'json-file',
    Config: { 'max-size': '10m', 'max-file': '5', tag: 'x' },
  });
});

test('another driver does not inherit the daemon’s options, but those of the cache', (t) => {
  const defaults = createDefaultLogConfig('json-file', { 'max-size': '10m', 'cache-disabled': 'true' });
  t.deepEqual(resolveLogConfig({ Type: 'local', Config: {} }, defaults), {
    Type: 'local',
    Config: { 'cache-disabled': 'true' },
  });
});

test('what is wrong with the container’s own options is refused after merging', (t) => {
  t.throws(() => resolveLogConfig({ Type: '', Config: { foo: 'x' } }, DEFAULTS), {
    message: "unknown log opt 'foo' for json-file log driver",
  });
});

test('the daemon refuses to start with options that are wrong', (t) => {
  t.deepEqual(createDefaultLogConfig('', {}), { Type: 'json-file', Config: {} });
  t.throws(() => createDefaultLogConfig('json-file', { foo: 'x' }), {
    message: "failed to set log opts: unknown log opt 'foo' for json-file log driver",
  });
});
