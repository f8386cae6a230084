// 300 requests to all endpoints, good and bad ones, to a Docker Engine and to tsker: the same status, the same keys with the same
// types, the same texts of errors, but for the table of accepted differences. Needs: root, dockerd.
import test from 'ava';
import { ACCEPTED } from '../fixtures/accepted-differences.ts';
import { CONTAINERS } from '../fixtures/api-requests/containers.ts';
import { IMAGES } from '../fixtures/api-requests/images.ts';
import { NETWORKS } from '../fixtures/api-requests/networks.ts';
import { SYSTEM } from '../fixtures/api-requests/system.ts';
import { differences, record } from '../helpers/api-recorder.ts';
import { dockerArchive } from '../helpers/archive.ts';
import { busyboxImage } from '../helpers/busybox.ts';
import { call } from '../helpers/http.ts';
import { needing } from '../helpers/needs.ts';
import { HAS_REFERENCE, startDocker } from '../helpers/reference-docker.ts';
import { startWithBusybox } from './daemon.harness.ts';

const REQUESTS = [...SYSTEM, ...CONTAINERS, ...IMAGES, ...NETWORKS];
needing(test, { dockerd: HAS_REFERENCE })(`${REQUESTS.length} requests are answered as Docker does`, async (t) => {
  t.timeout(180_000);
  const [docker, tsker] = await Promise.all([
    startDocker(t, { args: ['--bip', '172.30.77.1/24'] }),
    startWithBusybox(t),
  ]);
  const image = await busyboxImage({ config: { Labels: { made: 'for tests' }, ExposedPorts: { '80/tcp': {} } } });
  const body = dockerArchive(image, ['busybox:latest']);
  await call({ target: docker.socket, method: 'POST', path: '/images/load', body });
  const [theirs, ours] = await Promise.all([record(docker.socket, REQUESTS), record(tsker.socket, REQUESTS)]);
  const found = differences(ours, theirs);
  t.deepEqual(
    found.filter((line) => !ACCEPTED.some((row) => row.line.test(line))),
    [],
  );
  t.deepEqual(
    ACCEPTED.filter((row) => !found.some((line) => row.line.test(line))),
    [],
  );
  t.true(REQUESTS.length >= 300);
});
