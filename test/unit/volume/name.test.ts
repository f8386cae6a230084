import test from 'ava';
import { checkName, makeName } from '../../../src/volume/name.ts';

for (const name of ['ab', 'a.b', 'A_b-1.c', '0x', 'a'.repeat(255)]) {
  test(`a name of a volume: ${name.slice(0, 20)}`, (t) => {
    t.notThrows(() => checkName(name));
  });
}

for (const name of ['a', '', '_ab', '.ab', '../x', 'a/b', 'a b', 'ä1', 'a\0b', 'a'.repeat(256)]) {
  test(`no name of a volume: ${JSON.stringify(name).slice(0, 20)}`, (t) => {
    t.throws(() => checkName(name), { message: /volume name/ });
  });
}

test('names that are made up are names', (t) => {
  t.notThrows(() => checkName(makeName()));
  t.not(makeName(), makeName());
});
