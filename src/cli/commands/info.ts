// tsker info [OPTIONS]: what the daemon is, has and can do.
import type { InfoResponse } from '../../types/system.ts';
import { defineCommand } from '../command.ts';
import { SHORT_FORMAT_FLAGS } from '../flags/format.ts';
import { binarySize } from '../output/human.ts';
import { CLIENT_VERSION } from '../version.ts';

export const info = defineCommand({
  usage: '[OPTIONS]',
  flags: SHORT_FORMAT_FLAGS,
  args: { min: 0, max: 0 },
  examples: [["info --format '{{.Driver}}'", 'The storage driver alone']],
  async run({ client, flags, io }) {
    if (flags.format !== undefined) {
      const { renderOne } = await import('../template/one.ts');
      io.stdout.write(renderOne(flags.format, await client.json<InfoResponse>('GET', '/info')));
      return 0;
    }
    // The client's half is of use even when there is no daemon.
    io.stdout.write(`Client:\n Version:    ${CLIENT_VERSION}\n Host:       ${client.host.url}\n\n`);
    const server = await client.json<InfoResponse>('GET', '/info');
    io.stdout.write(`Server:\n${describe(server)}`);
    io.stderr.write((server.Warnings ?? []).map((warning) => `${warning}\n`).join(''));
    return 0;
  },
});

/** The lines in Docker's order and indentation: scripts cut `Storage Driver:` and its like out of them. */
function describe(server: InfoResponse): string {
  const lines: (string | false)[] = [
    `Containers: ${server.Containers}`,
    ` Running: ${server.ContainersRunning}`,
    ` Paused: ${server.ContainersPaused}`,
    ` Stopped: ${server.ContainersStopped}`,
    `Images: ${server.Images}`,
    `Server Version: ${server.ServerVersion}`,
    `Storage Driver: ${server.Driver}`,
    ...(server.DriverStatus ?? []).map(([name, value]) => ` ${name}: ${value}`),
    `Logging Driver: ${server.LoggingDriver}`,
    `Cgroup Driver: ${server.CgroupDriver}`,
    `Cgroup Version: ${server.CgroupVersion}`,
    'Plugins:',
    ` Volume: ${listOf(server.Plugins?.Volume)}`,
    ` Network: ${listOf(server.Plugins?.Network)}`,
    ` Log: ${listOf(server.Plugins?.Log)}`,
    `Swarm: ${server.Swarm?.LocalNodeState ?? 'inactive'}`,
    `Runtimes: ${Object.keys(server.Runtimes ?? {})
      .sort()
      .join(' ')}`,
    `Default Runtime: ${server.DefaultRuntime}`,
    ...securityLines(server.SecurityOptions ?? []),
    `Kernel Version: ${server.KernelVersion}`,
    `Operating System: ${server.OperatingSystem}`,
    `OSType: ${server.OSType}`,
    `Architecture: ${server.Architecture}`,
    `CPUs: ${server.NCPU}`,
    `Total Memory: ${binarySize(server.MemTotal)}`,
    `Name: ${server.Name}`,
    `ID: ${server.ID}`,
    `Docker Root Dir: ${server.DockerRootDir}`,
    `Debug Mode: ${server.Debug}`,
    server.HttpProxy !== '' && server.HttpProxy !== undefined && `HTTP Proxy: ${server.HttpProxy}`,
    server.HttpsProxy !== '' && server.HttpsProxy !== undefined && `HTTPS Proxy: ${server.HttpsProxy}`,
    ...(server.Labels ?? []).map((label, index) => `${index === 0 ? 'Labels:\n  ' : ' '}${label}`),
    `Experimental: ${server.ExperimentalBuild}`,
    server.ClusterStore !== undefined && `Cluster Store: ${server.ClusterStore}`,
    server.ClusterAdvertise !== undefined && `Cluster Advertise: ${server.ClusterAdvertise}`,
    ...listLines('Insecure Registries', server.RegistryConfig?.InsecureRegistryCIDRs),
    ...listLines('Registry Mirrors', server.RegistryConfig?.Mirrors),
    `Live Restore Enabled: ${server.LiveRestoreEnabled}`,
  ];
  return lines.map((line) => (line === false ? '' : ` ${line}\n`)).join('');
}

function listOf(names: readonly string[] | null | undefined): string {
  return (names ?? []).join(' ');
}

function listLines(title: string, values: readonly string[] | null | undefined): readonly string[] {
  return values === undefined || values === null || values.length === 0
    ? []
    : [`${title}:`, ...values.map((one) => ` ${one}`)];
}

/** `name=seccomp,profile=builtin` → `seccomp` with `Profile: builtin` below. */
function securityLines(options: readonly string[]): readonly string[] {
  if (options.length === 0) return [];
  return [
    'Security Options:',
    ...options.flatMap((option) =>
      option.split(',').map((pair) => {
        const [key = '', value = ''] = pair.split(/=(.*)/s);
        if (key === 'name') return ` ${value}`;
        return value === '' ? ` ${key}` : `  ${key.charAt(0).toUpperCase()}${key.slice(1)}: ${value}`;
      }),
    ),
  ];
}
