import test from 'ava';
import { logPathOf, rotationOf, shownLogPath } from '../../../../src/daemon/logging/place.ts';

const PLACE = { id: 'abc', directory: '/var/lib/tsker/containers/abc' };

test('each driver keeps its lines where Docker does', (t) => {
  const pathOf = (Type: string, Config: Record<string, string> = {}) => logPathOf({ Type, Config }, PLACE);
  t.is(pathOf('json-file'), `${PLACE.directory}/abc-json.log`);
  t.is(pathOf('local'), `${PLACE.directory}/local-logs/container.log`);
  t.is(pathOf('syslog'), `${PLACE.directory}/container-cached.log`);
  t.is(pathOf('syslog', { 'cache-disabled': 'true' }), undefined);
  t.is(pathOf('none'), undefined);
});

test('only the path of json-file is shown', (t) => {
  t.is(shownLogPath({ Type: 'json-file', Config: {} }, PLACE), `${PLACE.directory}/abc-json.log`);
  for (const Type of ['local', 'syslog', 'none']) t.is(shownLogPath({ Type, Config: {} }, PLACE), '');
});

test('the cache beside syslog has options of its own', (t) => {
  t.like(rotationOf({ Type: 'syslog', Config: { 'cache-max-size': '1m', 'cache-max-file': '2' } }), {
    maxSize: 1_000_000,
    maxFiles: 2,
  });
});
