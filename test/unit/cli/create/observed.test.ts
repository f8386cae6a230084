// The audit of run's and create's options: for each the integration test that observes its effect, found by its title or a part
// of its table. An option without one fails here, and so does a test that is gone.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { create } from '../../../../src/cli/commands/create.ts';
import { run } from '../../../../src/cli/commands/run.ts';

const TESTS = join(import.meta.dirname, '../../../integration');

/** File, then part of a title → the options it observes. */
const OBSERVED: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  options: {
    "'--group-add'": ['group-add'],
    "'--init'": ['init'],
    "'--oom-score-adj'": ['oom-score-adj'],
    "'--shm-size'": ['shm-size'],
    "'--sysctl'": ['sysctl'],
    "'--tmpfs with options'": ['tmpfs'],
    "'--mount type=tmpfs'": ['mount'],
    "'--read-only'": ['read-only'],
    "'--cap-add'": ['cap-add'],
    "'--cap-drop'": ['cap-drop'],
    "'--security-opt no-new-privileges'": ['security-opt'],
    "'--privileged'": ['privileged'],
    "'--device'": ['device'],
    "'--device-cgroup-rule'": ['device-cgroup-rule'],
    "'--cgroupns private'": ['cgroupns'],
    "'--annotation and --stop-signal'": ['annotation', 'stop-signal'],
  },
  'options-run': {
    "'--env and --env-file'": ['env', 'env-file'],
    "'--entrypoint'": ['entrypoint'],
    "'--hostname and --domainname'": ['hostname', 'domainname'],
    "'--user and --workdir'": ['user', 'workdir'],
    "'--volume'": ['volume'],
    "'--tty'": ['tty'],
    "'--add-host'": ['add-host'],
    "'--dns, --dns-option and --dns-search'": ['dns', 'dns-option', 'dns-search'],
    "'--link'": ['link'],
    "'--network, --ip, --ip6 and --mac-address'": ['network', 'ip', 'ip6', 'mac-address'],
    "'--link-local-ip'": ['link-local-ip'],
    "'--network-alias'": ['network-alias'],
    "'run --attach": ['attach'],
    "'run --interactive": ['interactive'],
    "'run --cidfile, --name, --label, --label-file and --detach'": ['cidfile', 'name', 'label', 'label-file', 'detach'],
    "'run --runtime": ['runtime'],
    "'run --platform": ['platform'],
    "'run --sig-proxy": ['sig-proxy'],
  },
  limits: {
    "'--memory'": ['memory'],
    "'--memory-swap'": ['memory-swap'],
    "'--memory-reservation'": ['memory-reservation'],
    "'--memory-swappiness'": ['memory-swappiness'],
    "'--oom-kill-disable'": ['oom-kill-disable'],
    "'--cpus throttles a loop'": ['cpus'],
    "'--cpu-period and --cpu-quota'": ['cpu-period', 'cpu-quota'],
    "'--cpu-shares'": ['cpu-shares'],
    "'--cpuset-cpus and --cpuset-mems'": ['cpuset-cpus', 'cpuset-mems'],
    "'--pids-limit stops a fork bomb'": ['pids-limit'],
    "'--blkio-weight'": ['blkio-weight'],
    '`--device-${way.toLowerCase()}-bps`': ['device-read-bps', 'device-write-bps'],
    '`--device-${way.toLowerCase()}-iops`': ['device-read-iops', 'device-write-iops'],
    "'--cgroup-parent'": ['cgroup-parent'],
    "'--ulimit, cut": ['ulimit'],
    "'--blkio-weight-device is": ['blkio-weight-device'],
    "'--cpu-rt-period and --cpu-rt-runtime": ['cpu-rt-period', 'cpu-rt-runtime'],
  },
  namespaces: {
    "'--pid container:": ['pid'],
    "'--ipc shareable and container:": ['ipc'],
    "'--uts host has": ['uts'],
  },
  userns: { 'UsernsMode: ': ['userns'] },
  ports: {
    "'a published port is reached": ['publish'],
    "'--publish-all and ranges": ['publish-all', 'expose'],
  },
  health: {
    "'starting, unhealthy, healthy": ['health-cmd', 'health-interval', 'health-retries'],
    "'a check that takes too long is killed": ['health-timeout'],
    "'failures of the start period": ['health-start-period', 'health-start-interval'],
    "'the check of the image holds": ['no-healthcheck'],
  },
  lifecycle: {
    "'stop uses signal and time": ['stop-timeout'],
    'what is typed, the keys that leave': ['detach-keys'],
  },
  restart: {
    "'always: started again": ['restart'],
    "'--rm does not remove": ['rm'],
  },
  'logging-containers': { "'a full file is put away": ['log-driver', 'log-opt'] },
  volume: { "'--volumes-from takes": ['volumes-from'] },
  'plugin-volume': { VolumeDriver: ['volume-driver'] },
  'layer-devicemapper': { '--storage-opt': ['storage-opt'] },
  explain: {
    "'run --explain tells": ['explain'],
    "'run --step does": ['step'],
  },
  cli: { "'run fetches an image it lacks": ['pull', 'quiet'] },
};

/** Accepted from old command lines, and without an effect, as in Docker. */
const WITHOUT_EFFECT = ['disable-content-trust', 'kernel-memory'];

const observed = Object.values(OBSERVED).flatMap((titles) => Object.values(titles).flat());

test('every option of run and create has a test that observes it', (t) => {
  const flags = new Set([...Object.keys(run.flags), ...Object.keys(create.flags)]);
  const known = new Set([...observed, ...WITHOUT_EFFECT]);
  t.deepEqual([...flags].filter((flag) => !known.has(flag)).sort(), []);
  t.deepEqual([...known].filter((flag) => !flags.has(flag)).sort(), [], 'and no other is listed');
});

for (const [file, titles] of Object.entries(OBSERVED)) {
  test(`the tests that are listed are in ${file}.test.ts`, (t) => {
    const text = readFileSync(join(TESTS, `${file}.test.ts`), 'utf8');
    t.deepEqual(
      Object.keys(titles).filter((title) => !text.includes(title)),
      [],
    );
  });
}
