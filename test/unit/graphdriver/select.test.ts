import { tmpdir } from 'node:os';
import test from 'ava';
import type { GraphDriver } from '../../../src/graphdriver/driver.ts';
import { type Candidate, selectDriver } from '../../../src/graphdriver/select.ts';
import { TskerError } from '../../../src/util/errors.ts';

interface Situation {
  readonly wanted?: string;
  readonly prior?: string;
  /** Drivers with layers in the database. */
  readonly layers?: readonly string[];
  readonly broken?: readonly string[];
  readonly homeless?: readonly string[];
}

function candidate(name: string, { broken = [], homeless = [] }: Situation): Candidate {
  return {
    name,
    aliases: [`${name}2`],
    home: homeless.includes(name) ? '/nowhere/at/all' : tmpdir(),
    open: async () => {
      if (broken.includes(name)) throw new TskerError('unsupported', `${name} does not work`);
      return { name } as GraphDriver;
    },
  };
}

async function select(situation: Situation): Promise<{ name: string; remembered: string | undefined }> {
  const remembered = new Map(situation.prior === undefined ? [] : [['storage-driver', situation.prior]]);
  const driver = await selectDriver({
    candidates: [candidate('first', situation), candidate('second', situation)],
    ...(situation.wanted === undefined ? {} : { wanted: situation.wanted }),
    settings: { get: (key) => remembered.get(key), set: (key, value) => void remembered.set(key, value) },
    hasLayers: (name) => situation.layers?.includes(name) === true,
  });
  return { name: driver.name, remembered: remembered.get('storage-driver') };
}

const chosen: readonly [title: string, situation: Situation, expected: string][] = [
  ['the first that works', {}, 'first'],
  ['the next when the first does not work', { broken: ['first'] }, 'second'],
  ['the one asked for', { wanted: 'second' }, 'second'],
  ['the one asked for by another name', { wanted: 'second2' }, 'second'],
  ['the one that was used before', { prior: 'second', layers: ['second'] }, 'second'],
  ['the first again when the one used before holds nothing', { prior: 'second' }, 'first'],
  ['another one asked for when the one used before holds nothing', { prior: 'second', wanted: 'first' }, 'first'],
];

for (const [title, situation, expected] of chosen) {
  test(`chooses ${title}, and remembers it`, async (t) => {
    t.deepEqual(await select(situation), { name: expected, remembered: expected });
  });
}

const refused: readonly [title: string, situation: Situation, message: RegExp][] = [
  ['an unknown driver', { wanted: 'other' }, /unknown storage driver: other/],
  [
    'aufs, and says why',
    { wanted: 'aufs' },
    /^storage driver aufs is not supported: aufs was never part of the Linux kernel/,
  ],
  ['the one asked for when it does not work', { wanted: 'first', broken: ['first'] }, /first does not work/],
  [
    'another one while the data root holds images',
    { wanted: 'first', prior: 'second', layers: ['second'] },
    /holds images/,
  ],
  [
    'a driver with images that works no more',
    { prior: 'first', layers: ['first'], broken: ['first'] },
    /first does not/,
  ],
  ['a driver whose directory is gone', { prior: 'first', layers: ['first'], homeless: ['first'] }, /are gone/],
  ['to go on when none works', { broken: ['first', 'second'] }, /no storage driver works: first.*; second/],
];

for (const [title, situation, message] of refused) {
  test(`refuses ${title}`, async (t) => {
    await t.throwsAsync(select(situation), { instanceOf: TskerError, message });
  });
}
