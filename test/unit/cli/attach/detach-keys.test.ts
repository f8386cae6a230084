import test from 'ava';
import { DEFAULT_DETACH_KEYS, DetachScanner, parseDetachKeys } from '../../../../src/cli/attach/detach-keys.ts';

const KEYS: readonly [string, readonly number[]][] = [
  [DEFAULT_DETACH_KEYS, [16, 17]],
  ['ctrl-a,d', [1, 100]],
  ['ctrl-@', [0]],
  ['CTRL-[,ctrl-\\,ctrl-_', [27, 28, 31]],
];
for (const [text, bytes] of KEYS) test(`detach keys: ${text}`, (t) => t.deepEqual(parseDetachKeys(text), bytes));
for (const text of ['', 'ctrl-', 'ctrl-1', 'ab', 'a,,b']) {
  test(`no detach keys: ${JSON.stringify(text)}`, (t) =>
    void t.throws(() => parseDetachKeys(text), { message: /^invalid detach keys/ }));
}

/** What reaches the container when these pieces are typed; `!` where the user left. */
function type(...pieces: readonly string[]): string {
  const scanner = new DetachScanner([16, 17]);
  let text = '';
  for (const piece of pieces) {
    const { bytes, detached } = scanner.push(Buffer.from(piece));
    text += bytes.toString();
    if (detached) return `${text}!`;
  }
  return text;
}

const TYPED: readonly [readonly string[], string][] = [
  [['hello'], 'hello'],
  [['a\x10\x11b'], 'a!'],
  [['a\x10', '\x11'], 'a!'],
  [['a\x10', 'b'], 'a\x10b'],
  [['\x10\x10\x11'], '\x10!'],
  [['\x11\x10'], '\x11'],
];
for (const [pieces, expected] of TYPED) {
  test(`typing ${JSON.stringify(pieces)}`, (t) => t.is(type(...pieces), expected));
}
