// Secrets in front of a context: split off at any place of the stream, refused without a word of theirs.
import test from 'ava';
import { splitPreamble } from '../../../../src/api/build/preamble.ts';

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function whole(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of body) text += Buffer.from(chunk).toString();
  return text;
}

const DOCUMENT = { secrets: { a: Buffer.from('hush').toString('base64') }, ssh: { session: 's', ids: ['default'] } };
const JSON_TEXT = JSON.stringify(DOCUMENT);

for (const size of [1, 7, 1000]) {
  test(`the context is what comes behind, in pieces of ${size}`, async (t) => {
    const body = pieces(Buffer.from(`${JSON_TEXT}the context`), size);
    const split = await splitPreamble(String(JSON_TEXT.length), body);
    t.is(Buffer.from(split.secrets.get('a') ?? []).toString(), 'hush');
    t.deepEqual(split.ssh, { session: 's', ids: ['default'] });
    t.is(await whole(split.body), 'the context');
  });
}

test('without the header all is context', async (t) => {
  const split = await splitPreamble(undefined, pieces(Buffer.from('all'), 2));
  t.is(split.secrets.size, 0);
  t.is(await whole(split.body), 'all');
});

const REFUSED: readonly (readonly [header: string, text: string])[] = [
  ['x', ''],
  ['-1', ''],
  ['99999999', 'hush'],
  ['10', 'hush'],
  ['4', 'hush'],
  ['2', '[]'],
  [String('{"secrets":{"a":1}}'.length), '{"secrets":{"a":1}}'],
  [String('{"ssh":{"ids":[1]}}'.length), '{"ssh":{"ids":[1]}}'],
];

for (const [header, text] of REFUSED) {
  test(`refused without repeating it: ${header} ${text}`, async (t) => {
    const error = await t.throwsAsync(splitPreamble(header, pieces(Buffer.from(text), 3)));
    t.regex(error?.message ?? '', /^invalid preamble of a build: /);
    t.notRegex(error?.message ?? '', /hush/);
  });
}
