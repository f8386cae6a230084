import test from 'ava';
import {
  layerPaths,
  lowerOf,
  MAX_LOWERS,
  readOnlyMount,
  writableMount,
} from '../../../src/graphdriver/overlay-layout.ts';

const ID = 'c'.repeat(64);
const LINK = 'A'.repeat(26);
const FEATURES = ['index=off', 'redirect_dir=off', 'metacopy=off'];

function chain(layers: number): string {
  let lower = '';
  for (let count = 0; count < layers; count += 1) lower = lowerOf({ link: LINK, lower });
  return lower;
}

test('a chain of layers is a list of short links, the top first', (t) => {
  t.is(lowerOf({ link: 'TOP', lower: lowerOf({ link: 'BASE', lower: '' }) }), 'l/TOP:l/BASE');
});

test('the deepest chain fits the page of options that mount(2) takes', (t) => {
  const mount = writableMount({ home: '/var/lib/tsker/overlay', id: ID, lower: chain(MAX_LOWERS), features: FEATURES });
  t.true(mount.options.join(',').length < 4096);
  t.is(mount.cwd, '/var/lib/tsker/overlay');
});

test('one layer more is an error', (t) => {
  t.throws(() => chain(MAX_LOWERS + 1), { message: 'max depth exceeded' });
});

test('a writable mount names upper and work directory by paths relative to the home', (t) => {
  t.deepEqual(writableMount({ home: '/h', id: ID, lower: 'l/X', features: [] }), {
    type: 'overlay',
    source: 'overlay',
    cwd: '/h',
    options: ['lowerdir=l/X', `upperdir=${ID}/diff`, `workdir=${ID}/work`],
  });
});

test('where there is nothing below, an empty directory is the lower one', (t) => {
  const mount = { home: '/h', id: ID, lower: '', features: [] };
  t.is(writableMount(mount).options[0], 'lowerdir=empty');
  t.deepEqual(readOnlyMount(mount, 'OWN').options, ['ro', 'lowerdir=l/OWN:empty']);
});

test('paths are made of layer ids only', (t) => {
  t.is(layerPaths('/h', ID).diff, `/h/${ID}/diff`);
  for (const id of ['l', 'empty', '../x', '.probe-abcdefghijklmnopqrstuvwxyz']) {
    t.throws(() => layerPaths('/h', id), { message: /not a layer id/ });
  }
});
