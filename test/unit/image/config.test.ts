import test from 'ava';
import { parseImageConfig } from '../../../src/image/config.ts';

const DIFF = `sha256:${'1'.repeat(64)}`;
const GOOD = {
  architecture: 'amd64',
  os: 'linux',
  created: '2026-01-01T00:00:00Z',
  config: { Env: ['A=b'], Cmd: null, Labels: { a: 'b' }, ExposedPorts: { '80/tcp': {} }, Unknown: 5 },
  rootfs: { type: 'layers', diff_ids: [DIFF] },
  history: [{ created_by: 'x' }, { empty_layer: true }],
};

test('a configuration is read, null is as good as absent, unknown fields are kept', (t) => {
  const config = parseImageConfig(json(GOOD));
  t.deepEqual(config.rootfs.diff_ids, [DIFF]);
  t.is(config.config?.Env?.[0], 'A=b');
  t.like(config.config, { Unknown: 5 });
});

test('an image without layers may have null for them', (t) => {
  t.deepEqual(parseImageConfig(json({ ...GOOD, rootfs: { type: 'layers', diff_ids: null } })).rootfs.diff_ids, []);
});

const BAD: readonly (readonly [string, unknown])[] = [
  ['no os', { ...GOOD, os: undefined }],
  ['os that is a number', { ...GOOD, os: 1 }],
  ['no rootfs', { ...GOOD, rootfs: undefined }],
  ['rootfs of another type', { ...GOOD, rootfs: { type: 'layers+base', diff_ids: [] } }],
  ['a diff id that is no digest', { ...GOOD, rootfs: { type: 'layers', diff_ids: ['x'] } }],
  ['a diff id of another algorithm', { ...GOOD, rootfs: { type: 'layers', diff_ids: [`sha512:${'1'.repeat(128)}`] } }],
  ['too many layers', { ...GOOD, rootfs: { type: 'layers', diff_ids: Array.from({ length: 126 }, () => DIFF) } }],
  ['Env that is a string', { ...GOOD, config: { Env: 'A=b' } }],
  ['Cmd with a number', { ...GOOD, config: { Cmd: [1] } }],
  ['Entrypoint that is an object', { ...GOOD, config: { Entrypoint: {} } }],
  ['User that is a number', { ...GOOD, config: { User: 0 } }],
  ['Labels that are a list', { ...GOOD, config: { Labels: ['a'] } }],
  ['Volumes with strings', { ...GOOD, config: { Volumes: { '/x': 'y' } } }],
  ['a health check that is a string', { ...GOOD, config: { Healthcheck: 'x' } }],
  ['a health check with a string for a time', { ...GOOD, config: { Healthcheck: { Interval: '1s' } } }],
  ['history that is an object', { ...GOOD, history: {} }],
  ['a step of history that is a string', { ...GOOD, history: ['x'] }],
  ['config that is a list', { ...GOOD, config: [] }],
  ['not an object', []],
];

for (const [what, document] of BAD) {
  test(`${what} is refused`, (t) => {
    t.throws(() => parseImageConfig(json(document)), { code: 'corrupt' });
  });
}

test('the message names the field', (t) => {
  t.throws(() => parseImageConfig(json({ ...GOOD, config: { Env: 1 } })), { message: /config\.Env is wrong/ });
});

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
