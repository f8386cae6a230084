import test from 'ava';
import { ADJECTIVES, SURNAMES } from '../../../../src/daemon/container/name-words.ts';
import { checkName, makeId, makeName } from '../../../../src/daemon/container/names.ts';
import { TskerError } from '../../../../src/util/errors.ts';

for (const name of ['web', '/web', 'a1', 'My.App_2-x']) {
  test(`${name} is a name`, (t) => {
    t.is(checkName(name), name.replace(/^\//, ''));
  });
}

for (const name of ['', 'x', '-x', '.hidden', 'a b', 'ä1', '/', '//web', 'a/b', 'x\n']) {
  test(`${JSON.stringify(name)} is none`, (t) => {
    const error = t.throws(() => checkName(name), { instanceOf: TskerError });
    t.is(error?.message, `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  });
}

test('ids are 64 hexadecimal digits whose beginning is no number', (t) => {
  for (let count = 0; count < 200; count += 1) {
    const id = makeId();
    t.regex(id, /^[0-9a-f]{64}$/);
    t.notRegex(id.slice(0, 12), /^\d+$/);
  }
});

test('made-up names are names, and differ from those that are taken', (t) => {
  const taken = new Set<string>();
  for (let count = 0; count < 500; count += 1) {
    const name = makeName((one) => taken.has(one));
    t.is(checkName(name), name);
    t.false(taken.has(name));
    taken.add(name);
  }
});

test('when every plain name is taken a number is put behind', (t) => {
  t.regex(
    makeName((name) => !/\d$/.test(name)),
    /^[a-z]+_[a-z]+\d+$/,
  );
});

test('no word stands twice in its list', (t) => {
  for (const words of [ADJECTIVES, SURNAMES]) t.is(new Set(words).size, words.length);
});
