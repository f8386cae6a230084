// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what looks like a template is the language under test
import test from 'ava';
import { type ExpandOptions, expand } from '../../../../src/builder/words/expand.ts';
import { TskerError } from '../../../../src/util/errors.ts';

const ENVIRONMENT = new Map([
  ['set', 'value'],
  ['empty', ''],
  ['spaces', ' two  words '],
  ['path', '/usr/local/bin/prog.tar.gz'],
  ['stars', '/a*/b*/c'],
  ['lines', 'one\ntwo'],
  ['star', '\\*'],
  ['äö', 'letters'],
]);

function expanded(word: string, options: Partial<ExpandOptions> = {}): ReturnType<typeof expand> {
  return expand(word, { lookup: (name) => ENVIRONMENT.get(name), ...options });
}

for (const [word, text] of [
  ['${set-word} ${empty-word} ${unset-word}', 'value  word'],
  ['${set:-word} ${empty:-word} ${unset:-word}', 'value word word'],
  ['${set+word} ${empty+word} ${unset+word}', 'word word '],
  ['${set:+word} ${empty:+word} ${unset:+word}', 'word  '],
  ['${set?word}${empty?word}', 'value'],
  ['${set:?word}', 'value'],
  ['${unset:-${empty:-${set}}}', 'value'],
  ['${unset:-"quoted } brace"}', 'quoted } brace'],
  ["${unset:-'${set}'}", '${set}'],
  ['${unset:-\\}}', '}'],
  ['${set:+}', ''],
  ['${path#*/}', 'usr/local/bin/prog.tar.gz'],
  ['${path##*/}', 'prog.tar.gz'],
  ['${path%.*}', '/usr/local/bin/prog.tar'],
  ['${path%%.*}', '/usr/local/bin/prog'],
  ['${path%/*}', '/usr/local/bin'],
  ['${path#/usr/?ocal/}', 'bin/prog.tar.gz'],
  ['${path#nothing}', '/usr/local/bin/prog.tar.gz'],
  ['${path#}${path%}', '/usr/local/bin/prog.tar.gz/usr/local/bin/prog.tar.gz'],
  ['${set#*} ${set##*}', 'value '],
  ['${set%%$set}', ''],
  ['${stars#/a\\*}', '/b*/c'],
  ['${stars##*\\*}', '/c'],
  ['${stars%%\\**}', '/a'],
  ['${unset#x}', ''],
  ['${path/l/L} ${path//l/L}', '/usr/Local/bin/prog.tar.gz /usr/LocaL/bin/prog.tar.gz'],
  ['${path//\\//_}', '_usr_local_bin_prog.tar.gz'],
  ['${path/\\/usr\\//}', 'local/bin/prog.tar.gz'],
  ['${path//\\//\\/}', '\\/usr\\/local\\/bin\\/prog.tar.gz'],
  ['${path/.*/}', '/usr/local/bin/prog'],
  ['${stars/$star/-} ${stars//$star/-}', '/a-/b*/c /a-/b-/c'],
  ['${set//a/$empty}', 'vlue'],
  ['${set/$empty/x} ${set//$empty/-}', 'xvalue -v-a-l-u-e-'],
  ['${set//*/all} ${set///}', 'all value'],
  ['${set/nothing/x}', 'value'],
  ['${lines#*n} ${lines##*n}', 'e\ntwo e\ntwo'],
  ['${lines#one?}', 'one\ntwo'],
  ['$äö ${äö}', 'letters letters'],
  ['$set.x $set-x $setx', 'value.x value-x '],
  ['$12set', 'set'],
] as const) {
  test(`${word} becomes ${JSON.stringify(text)}`, (t) => {
    t.is(expanded(word).text, text);
  });
}

for (const [word, words] of [
  ['$spaces', ['two', 'words']],
  ['"$spaces"', [' two  words ']],
  ['a$spaces-b', ['a', 'two', 'words', '-b']],
  ['\'a b\'c d""', ['a bc', 'd']],
  ['a\\ b c', ['a b', 'c']],
  ['"" \'\' $empty', []],
  ['  80   443 ', ['80', '443']],
] as const) {
  test(`${word} splits into ${JSON.stringify(words)}`, (t) => {
    t.deepEqual(expanded(word).words, words);
  });
}

for (const [word, reason] of [
  ['${unset?}', 'unset: is not allowed to be unset'],
  ['${unset:?}', 'unset: is not allowed to be unset'],
  ['${empty:?}', 'empty: is not allowed to be empty'],
  ['${empty:?say $set}', 'empty: say value'],
  ['${set=x}', 'unsupported modifier (=) in substitution'],
  ['${set:/a/b}', 'unsupported modifier (:/) in substitution'],
  ['${set!}', 'unsupported modifier (!) in substitution'],
  ['${', "syntax error: missing '}'"],
  ['${set:', "syntax error: missing '}'"],
  ['${set:-', "syntax error: missing '}'"],
  ['${set:-"x', "syntax error: missing '}'"],
  ['${unset:-${set', "syntax error: missing '}'"],
  ['${set/x', "syntax error: missing '/' in ${}"],
  ["${set//x'", "syntax error: missing '/' in ${}"],
  ['${set/x/y', "syntax error: missing '}'"],
  ['${set#\\a}', "invalid pattern (\\a) in substitution: invalid escape '\\a'"],
] as const) {
  test(`${word} is refused: ${reason}`, (t) => {
    const error = t.throws(() => expanded(word), { instanceOf: TskerError });
    t.is(error?.message, `failed to process ${JSON.stringify(word)}: ${reason}`);
  });
}

test('names are reported that are not set where the form has no answer to that', (t) => {
  t.deepEqual(expanded('$one ${two} $set $one').unset, ['one', 'two']);
  t.deepEqual(expanded('${one:-x} ${two+x} "${three#x} ${four/x/}"').unset, ['three', 'four']);
  t.deepEqual(expanded('${set:-$one} ${unset:-$two}').unset, ['two']);
});

test('the backquote can be the escape character', (t) => {
  t.is(expanded('C:\\dir\\`$set`` "`"\\" \\$set', { escape: '`' }).text, 'C:\\dir\\$set` "\\ \\value');
});

test('quotes and escape characters can be kept', (t) => {
  t.is(expanded('"a" \'b\' \\$set', { rawQuotes: true }).text, '"a" \'b\' $set');
  t.deepEqual(expanded('"a b" c\\ d', { rawQuotes: true, rawEscapes: true }).words, ['"a b"', 'c\\ d']);
});

test('variables that are not set can be kept', (t) => {
  const word = '$one ${one} ${one:-x} ${one#a} ${one/a/b} ${one//a/b} $set';
  t.is(expanded(word, { keepUnset: true }).text, word.replace('$set', 'value'));
});

test('quotes mean nothing in the content of a heredoc', (t) => {
  t.is(expanded('it\'s "$set" \\$set', { plainQuotes: true }).text, 'it\'s "value" $set');
});

test('a text that variables blow up is refused', (t) => {
  const lookup = (): string => 'x'.repeat(1000);
  t.throws(() => expand('$a'.repeat(2000), { lookup }), { instanceOf: TskerError, message: /too long/ });
});

test('substitutions in each other have a limit', (t) => {
  const word = '${a:-'.repeat(1000) + '}'.repeat(1000);
  t.throws(() => expanded(word), { instanceOf: TskerError, message: /nested too deeply/ });
});

test('a pattern of many stars takes no time', (t) => {
  const lookup = (name: string): string => (name === 'long' ? 'a'.repeat(20_000) : '*a'.repeat(200));
  const started = performance.now();
  t.is(expand('${long##${pattern}b}', { lookup }).text.length, 20_000);
  t.true(performance.now() - started < 10_000);
});
