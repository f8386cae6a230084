import { readFileSync } from 'node:fs';
import test from 'ava';
import { parseOsRelease } from '../../../src/daemon/system.ts';
import { ENGINE_VERSION } from '../../../src/daemon/version.ts';

test('os-release is read with and without quotes', (t) => {
  const text = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n# comment\nX="a \\"b\\""\n';
  t.deepEqual(Object.fromEntries(parseOsRelease(text)), {
    PRETTY_NAME: 'Debian GNU/Linux 12 (bookworm)',
    ID: 'debian',
    X: 'a "b"',
  });
});

test('the version is that of package.json', (t) => {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  t.is(ENGINE_VERSION, (JSON.parse(text) as { version: string }).version);
});
