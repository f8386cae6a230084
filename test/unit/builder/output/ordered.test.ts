import test from 'ava';
import type { Overflow } from '../../../../src/builder/host.types.ts';
import { OrderedOutput } from '../../../../src/builder/output/ordered.ts';

/** What is heard; with `room` each word waits for a turn of the event loop. */
function listen({ slow = false } = {}) {
  const heard: string[] = [];
  const overflows: FakeOverflow[] = [];
  const openOverflow = (): Overflow => {
    const overflow = new FakeOverflow();
    overflows.push(overflow);
    return overflow;
  };
  const sink = {
    send: (message: object) => {
      if ('stream' in message) heard.push(String(message.stream));
      return slow ? new Promise<void>((resolve) => setImmediate(resolve)) : undefined;
    },
  };
  return { heard, overflows, output: new OrderedOutput(sink, openOverflow) };
}

class FakeOverflow implements Overflow {
  readonly lines: string[] = [];
  isClosed = false;

  get isRead(): boolean {
    return this.lines.length === 0;
  }

  append(line: string): void {
    this.lines.push(line);
  }

  async line(): Promise<string> {
    return this.lines.shift() ?? '';
  }

  close(): void {
    this.isClosed = true;
  }
}

const MEGABYTE = 'm'.repeat(1024 * 1024);

test('the first that has not ended speaks at once, the others when it is their turn', (t) => {
  const { heard, output } = listen();
  const [one, two, three] = [output.open(), output.open(), output.open()];
  two.send({ stream: '2a' });
  one.send({ stream: '1a' });
  three.send({ stream: '3a' });
  t.deepEqual(heard, ['1a']);
  one.end();
  t.deepEqual(heard, ['1a', '2a']);
  two.send({ stream: '2b' });
  three.end();
  two.end();
  t.deepEqual(heard, ['1a', '2a', '2b', '3a']);
});

test('a failure is heard with all that stands before it in the file', (t) => {
  const { heard, output } = listen();
  const [one, two, three] = [output.open(), output.open(), output.open()];
  three.send({ stream: '3' });
  two.send({ stream: '2' });
  output.flushTo(two);
  t.deepEqual(heard, ['2']);
  one.send({ stream: '1' });
  t.deepEqual(heard, ['2', '1']);
});

test('what waits is kept in memory up to a megabyte, the rest elsewhere; what comes while it is said is said behind it', async (t) => {
  const { heard, overflows, output } = listen({ slow: true });
  const [one, two, three] = [output.open(), output.open(), output.open()];
  two.send({ stream: MEGABYTE });
  t.is(overflows.length, 0);
  for (const stream of ['2a', '2b']) t.is(two.send({ stream }), undefined, 'nobody waits for who has the word');
  t.is(overflows[0]?.lines.length, 2);
  three.send({ stream: '3' });
  one.end();
  two.send({ stream: '2c' });
  two.end();
  t.deepEqual(heard, [MEGABYTE]);
  await output.settled();
  t.deepEqual(heard, [MEGABYTE, '2a', '2b', '2c', '3']);
  t.true(overflows[0]?.isClosed);
});

test('who has the word is told when there is no room', async (t) => {
  const { output } = listen({ slow: true });
  const one = output.open();
  t.true(one.send({ stream: '1' }) instanceof Promise);
});

test('what nobody hears any more is closed', (t) => {
  const { overflows, output } = listen();
  const [, two] = [output.open(), output.open()];
  for (const stream of [MEGABYTE, 'more']) two.send({ stream });
  output[Symbol.dispose]();
  t.true(overflows[0]?.isClosed);
});
