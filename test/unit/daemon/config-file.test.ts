import test from 'ava';
import { fileWords } from '../../../src/daemon/config-file.ts';

const words = (document: unknown, given: Record<string, unknown> = {}): string[] =>
  fileWords({ path: '/d.json', text: JSON.stringify(document) }, new Map(Object.entries(given)));

test('keys become words of the command line', (t) => {
  const document = {
    debug: true,
    hosts: ['unix:///a', 'fd://'],
    mtu: 1400,
    'data-root': '/d',
    'log-opts': { 'max-size': '10m' },
    'default-address-pools': [{ base: '10.0.0.0/8', size: 24 }],
  };
  t.deepEqual(words(document), [
    ...['--debug=true', '--host=unix:///a', '--host=fd://', '--mtu=1400', '--data-root=/d', '--log-opt=max-size=10m'],
    '--default-address-pool=base=10.0.0.0/8,size=24',
  ]);
});

test('an empty file configures nothing', (t) => {
  t.deepEqual(fileWords({ path: '/d.json', text: ' \n' }, new Map()), []);
});

const PREFIX = 'unable to configure the Docker daemon with file /d.json: ';
const REFUSED: readonly (readonly [unknown, Record<string, unknown>, string])[] = [
  [{ nosuch: 1, odd: 2 }, {}, "the following directives don't match any configuration option: nosuch, odd"],
  [
    { debug: false, 'registry-mirrors': ['https://a'], 'log-opts': { b: '1', a: '2' } },
    { debug: true, 'registry-mirror': ['https://b', 'https://c'], 'log-opt': ['x=1'] },
    'the following directives are specified both as a flag and in the configuration file: debug: (from flag: true, from file: false), registry-mirrors: (from flag: [https://b https://c], from file: [https://a]), log-opts: (from flag: [x=1], from file: map[a:2 b:1])',
  ],
  [{ debug: 'yes' }, {}, 'debug must be true or false'],
  [{ hosts: 'unix:///a' }, {}, 'hosts must be a list'],
  [{ hosts: [1] }, {}, 'hosts must be a list of strings'],
  [{ 'log-opts': [] }, {}, 'log-opts must be an object'],
  [[], {}, 'the file must hold a JSON object'],
  [{ constructor: 1 }, {}, "the following directives don't match any configuration option: constructor"],
];
for (const [document, given, message] of REFUSED) {
  test(`refused: ${JSON.stringify(document)}`, (t) => {
    t.throws(() => words(document, given), { message: PREFIX + message, code: 'invalid' });
  });
}
