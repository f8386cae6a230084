// Needs: root, network namespaces, overlay; docker CLIs where they are there. `network` verbs as people type them: tsker's own command
// line and Docker's against the same daemon say the same; and networks survive the daemon's death.
import test from 'ava';
import type { Daemon } from '../helpers/daemon.ts';
import { type DockerCli, dockerClis } from '../helpers/docker-cli.ts';
import { findTraces } from '../helpers/host.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { inspect, start, startWithBusybox } from './daemon.harness.ts';

const owner = suiteOwner(test);
let daemon: Daemon;

test.before(async () => {
  daemon = await startWithBusybox(owner);
});

/** tsker's own, and every docker there is. */
function clis(): [string, DockerCli][] {
  const docker = dockerClis().map((name): [string, DockerCli] => [`docker ${name}`, daemon.docker(name)]);
  return [['tsker', daemon.tsker], ...docker];
}

async function says(cli: DockerCli, ...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await cli.run(argv);
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
  return stdout.trim();
}

async function refusal(cli: DockerCli, ...argv: string[]): Promise<string> {
  const { code, stderr } = await cli.run(argv);
  if (code === 0) throw new Error(`${argv.join(' ')} was to fail`);
  return stderr.trim();
}

test.serial('a network is made, joined, left and removed from every command line', async (t) => {
  for (const [index, [who, cli]] of clis().entries()) {
    const name = `cli-${index}`;
    const subnet = `10.198.${index}.0/24`;
    const flags = ['--subnet', subnet, '--ip-range', `10.198.${index}.128/25`, '--gateway', `10.198.${index}.9`];
    const more = [
      '--aux-address',
      `printer=10.198.${index}.130`,
      '--label',
      'made=here',
      '-o',
      'com.docker.network.driver.mtu=1400',
    ];
    t.regex(await says(cli, 'network', 'create', ...flags, ...more, name), /^[0-9a-f]{64}$/, who);
    const shown = JSON.parse(await says(cli, 'network', 'inspect', '-f', '{{json .IPAM.Config}}', name)) as unknown;
    const expected = {
      ...{ Subnet: subnet, IPRange: `10.198.${index}.128/25`, Gateway: `10.198.${index}.9` },
      AuxiliaryAddresses: { printer: `10.198.${index}.130` },
    };
    t.deepEqual(shown, [expected], who);
    const id = await says(cli, 'run', '-d', '--name', `${name}-c`, '--stop-signal', 'KILL', 'busybox', 'sleep', '1000');
    t.is(
      await says(cli, 'network', 'connect', '--alias', 'other', '--ip', `10.198.${index}.77`, name, `${name}-c`),
      '',
      who,
    );
    const members = await says(
      cli,
      'network',
      'inspect',
      '-f',
      '{{range .Containers}}{{.Name}} {{.IPv4Address}}{{end}}',
      name,
    );
    t.is(members, `${name}-c 10.198.${index}.77/24`, who);
    t.regex(await refusal(cli, 'network', 'rm', name), /has active endpoints/, who);
    t.is(await says(cli, 'network', 'disconnect', name, `${name}-c`), '', who);
    await says(cli, 'rm', '-f', id);
    t.is(await says(cli, 'network', 'rm', name), name, who);
  }
});

test.serial('lists are the same from every command line', async (t) => {
  await says(daemon.tsker, 'network', 'create', '--internal', '--label', 'a=b', 'listed');
  const forms = [
    ['network', 'ls', '--no-trunc'],
    ['network', 'ls'],
    ['network', 'ls', '-q', '--filter', 'type=custom'],
    ['network', 'ls', '--filter', 'driver=null'],
    ['network', 'ls', '--format', '{{.Name}} {{.Driver}} {{.Internal}} {{.IPv6}} {{.Labels}} {{.CreatedAt}}'],
    ['network', 'ls', '--filter', 'dangling=true', '--format', '{{.Name}}'],
  ];
  const [[, own] = ['', daemon.tsker], ...others] = clis();
  for (const form of forms) {
    const ours = await says(own, ...form);
    for (const [who, cli] of others) t.is(await says(cli, ...form), ours, `${who} ${form.join(' ')}`);
  }
  await says(daemon.tsker, 'network', 'rm', 'listed');
});

test.serial('what is refused is refused in the same words', async (t) => {
  for (const [who, cli] of clis()) {
    const no = (...argv: string[]): Promise<string> => refusal(cli, 'network', ...argv);
    t.regex(await no('rm', 'bridge'), /bridge is a pre-defined network and cannot be removed/, who);
    t.regex(await no('inspect', 'nowhere'), /network nowhere not found|No such network: nowhere/, who);
    t.regex(
      await no('create', '--ip-range', '10.0.0.0/24', 'x'),
      /every ip-range or gateway must have a corresponding subnet/,
      who,
    );
    t.regex(
      await no('create', '--subnet', '10.0.0.0/24', '--gateway', '10.0.1.1', 'x'),
      /no matching subnet for gateway 10\.0\.1\.1/,
      who,
    );
    t.regex(
      await no('create', '--subnet', '10.0.0.0/8', '--subnet', '10.1.0.0/16', 'x'),
      /multiple overlapping subnet configuration/,
      who,
    );
    t.regex(await no('create', '-d', 'nosuch', 'x'), /plugin "nosuch" not found/, who);
    t.regex(await no('connect', 'nowhere', 'nobody'), /No such container: nobody|network nowhere not found/, who);
  }
});

test.serial('prune removes what nobody is on', async (t) => {
  for (const [who, cli] of clis()) {
    await says(daemon.tsker, 'network', 'create', 'idle');
    await says(daemon.tsker, 'network', 'create', '--label', 'keep', 'kept');
    t.is(await says(cli, 'network', 'prune', '-f', '--filter', 'label!=keep'), 'Deleted Networks:\nidle', who);
    t.is(await says(daemon.tsker, 'network', 'rm', 'kept'), 'kept');
  }
});

test.serial(
  'after a kill -9 networks are there again with their ids, and nothing else is left of what was',
  async (t) => {
    const id = await says(daemon.tsker, 'network', 'create', 'survivor');
    const container = await start(
      daemon,
      { Cmd: ['sleep', '1000'], HostConfig: { NetworkMode: 'survivor' } },
      'survives',
    );
    interface View {
      readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>> };
    }
    const addressOf = async (): Promise<string> =>
      (await inspect<View>(daemon, container)).NetworkSettings.Networks['survivor']?.IPAddress ?? '';
    t.not(await addressOf(), '');
    await daemon.kill();
    await daemon.start();
    t.is(await says(daemon.tsker, 'network', 'inspect', '-f', '{{.Id}} {{len .Containers}}', 'survivor'), `${id} 0`);
    t.is(await addressOf(), '');
    t.is((await daemon.api('POST', `/containers/${container}/start`)).status, 204);
    t.is(
      await says(daemon.tsker, 'exec', container, 'nslookup', 'survives').then((out) => /Address.*: 10\./.test(out)),
      true,
    );
    await daemon.api('DELETE', `/containers/${container}?force=1`);
    await says(daemon.tsker, 'network', 'rm', 'survivor');
    t.deepEqual(await findTraces([`br-${id.slice(0, 12)}`]), []);
  },
);

test.serial('forty containers started at once on one network have an address each', async (t) => {
  await says(daemon.tsker, 'network', 'create', '--subnet', '10.197.0.0/24', 'crowd');
  const names = Array.from({ length: 40 }, (_, index) => `crowd-${index}`);
  const body = { Cmd: ['sleep', '1000'], StopSignal: 'KILL', HostConfig: { NetworkMode: 'crowd' } };
  const ids = await Promise.all(names.map((name) => start(daemon, body, name)));
  const addresses = new Set<string>();
  const { Containers } = (await daemon.api('GET', '/networks/crowd')).json<{
    Containers: Record<string, { IPv4Address: string }>;
  }>();
  for (const { IPv4Address } of Object.values(Containers)) addresses.add(IPv4Address);
  t.is(addresses.size, names.length);
  const { code } = await daemon.tsker.run(['exec', 'crowd-0', 'ping', '-c', '1', '-W', '5', 'crowd-39']);
  t.is(code, 0);
  await Promise.all(ids.map((id) => daemon.api('DELETE', `/containers/${id}?force=1`)));
  t.is(await says(daemon.tsker, 'network', 'rm', 'crowd'), 'crowd');
});
