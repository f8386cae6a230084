import test from 'ava';
import { systemdUnits } from '../../../src/cli/systemd-units.ts';

test('a service behind a socket', (t) => {
  const units = systemdUnits({ command: ['/usr/local/bin/tsker'], group: 'docker' });
  t.deepEqual([...units.keys()], ['tsker.service', 'tsker.socket']);
  t.regex(units.get('tsker.service') ?? '', /^ExecStart=\/usr\/local\/bin\/tsker daemon -H fd:\/\/$/m);
  t.regex(units.get('tsker.service') ?? '', /^Type=notify$/m);
  t.regex(units.get('tsker.socket') ?? '', /^SocketGroup=docker$/m);
});

test('words that mean something to systemd are quoted', (t) => {
  const units = systemdUnits({ command: ['/opt/a b/100%', '/x$y"z'], group: 'root' });
  t.regex(units.get('tsker.service') ?? '', /^ExecStart="\/opt\/a b\/100%%" "\/x\$\$y\\"z" daemon -H fd:\/\/$/m);
});
