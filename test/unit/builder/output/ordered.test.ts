import test from 'ava';
import { OrderedOutput } from '../../../../src/builder/output/ordered.ts';

function listen() {
  const heard: string[] = [];
  const output = new OrderedOutput({
    send: (message) => {
      if ('stream' in message) heard.push(message.stream);
    },
  });
  return { heard, output };
}

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
