import test from 'ava';
import { canonicalImageName, splitImageName } from '../../../src/cli/image-name.ts';

const NAMES: readonly [string, string, string, string][] = [
  ['busybox', 'busybox', '', 'docker.io/library/busybox:latest'],
  ['busybox:1.36', 'busybox', '1.36', 'docker.io/library/busybox:1.36'],
  ['tsker/busybox', 'tsker/busybox', '', 'docker.io/tsker/busybox:latest'],
  ['localhost:5000/app', 'localhost:5000/app', '', 'localhost:5000/app:latest'],
  ['localhost:5000/app:2', 'localhost:5000/app', '2', 'localhost:5000/app:2'],
  ['localhost/app', 'localhost/app', '', 'localhost/app:latest'],
  ['ghcr.io/a/b@sha256:00', 'ghcr.io/a/b', 'sha256:00', 'ghcr.io/a/b@sha256:00'],
  ['busybox:1@sha256:00', 'busybox', 'sha256:00', 'docker.io/library/busybox@sha256:00'],
];

for (const [name, repository, version, canonical] of NAMES) {
  test(`an image's name: ${name}`, (t) => {
    t.deepEqual(splitImageName(name), { repository, version });
    t.is(canonicalImageName(name), canonical);
  });
}
