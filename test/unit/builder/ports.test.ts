import test from 'ava';
import { parseExposedPorts } from '../../../src/builder/ports.ts';

const range = { start: { line: 1, column: 1 }, end: { line: 1, column: 1 } };

for (const [text, ports] of [
  ['80', ['80/tcp']],
  ['53/udp', ['53/udp']],
  ['1/SCTP', ['1/sctp']],
  ['80/', ['80/tcp']],
  ['8000-8002/udp', ['8000/udp', '8001/udp', '8002/udp']],
  ['127.0.0.1:8080:80', ['80/tcp']],
  ['0', ['0/tcp']],
] as const) {
  test(`EXPOSE ${text} exposes ${ports.join(' ')}`, (t) => {
    t.deepEqual(parseExposedPorts([{ text, range }]), ports);
  });
}

test('a port given twice is exposed once', (t) => {
  const words = ['80', '80/tcp', '79-81'].map((text) => ({ text, range }));
  t.deepEqual(parseExposedPorts(words), ['80/tcp', '79/tcp', '81/tcp']);
});
