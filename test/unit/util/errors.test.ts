// What is said of errors: of one, of one whose clean-up failed as well, of what is none.
import test from 'ava';
import { messageOf } from '../../../src/util/errors.ts';

test('an error has its message, anything else its text', (t) => {
  t.is(messageOf(new Error('no room')), 'no room');
  t.is(messageOf(7), '7');
});

test('of a failure whose clean-up failed both are told, the first first', async (t) => {
  const failing = async (): Promise<void> => {
    await using _held = {
      async [Symbol.asyncDispose]() {
        throw new Error('busy');
      },
    };
    throw new Error('no room');
  };
  const error = await t.throwsAsync(failing, { any: true });
  t.is(messageOf(error), 'no room (and cleaning up failed: busy)');
});
