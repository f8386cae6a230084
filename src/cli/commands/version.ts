// tsker version [OPTIONS]: who the client and the daemon are.
import type { VersionResponse } from '../../types/system.ts';
import { defineCommand } from '../command.ts';
import { SHORT_FORMAT_FLAGS } from '../flags/format.ts';
import type { Io } from '../io.ts';
import { CLIENT_API_VERSION, CLIENT_VERSION } from '../version.ts';

/** `tsker --version`. */
export function printShortVersion(io: Io): number {
  io.print(`tsker version ${CLIENT_VERSION}\n`);
  return 0;
}

const CLIENT = {
  Version: CLIENT_VERSION,
  ApiVersion: CLIENT_API_VERSION,
  RuntimeVersion: process.version,
  Os: process.platform,
  Arch: process.arch === 'x64' ? 'amd64' : process.arch,
};

export const version = defineCommand({
  usage: '[OPTIONS]',
  flags: SHORT_FORMAT_FLAGS,
  args: { min: 0, max: 0 },
  examples: [["version --format '{{.Server.Version}}'", "The daemon's version alone"]],
  async run({ client, flags, io }) {
    if (flags.format !== undefined) {
      const { renderOne } = await import('../template/one.ts');
      const server = await client.json<VersionResponse>('GET', '/version');
      io.print(renderOne(flags.format, { Client: CLIENT, Server: server }));
      return 0;
    }
    // The client's half is of use even when there is no daemon.
    io.print(describe('Client: tsker', Object.entries(CLIENT_ROWS)));
    const server = await client.json<VersionResponse>('GET', '/version');
    io.print(`\n${describe(`Server: ${server.Platform?.Name ?? 'tsker'}`, serverRows(server))}`);
    for (const { Name, Version } of server.Components ?? []) {
      if (Name !== 'Engine') io.print(` ${Name}:\n  Version:          ${Version}\n`);
    }
    return 0;
  },
});

const CLIENT_ROWS = {
  Version: CLIENT.Version,
  'API version': CLIENT.ApiVersion,
  'Node version': CLIENT.RuntimeVersion,
  'OS/Arch': `${CLIENT.Os}/${CLIENT.Arch}`,
};

function serverRows(server: VersionResponse): readonly (readonly [string, string])[] {
  return [
    ['Version', server.Version],
    ['API version', `${server.ApiVersion} (minimum version ${server.MinAPIVersion})`],
    ['Runtime version', server.GoVersion],
    ['Git commit', server.GitCommit],
    ['Built', server.BuildTime],
    ['Kernel', server.KernelVersion],
    ['OS/Arch', `${server.Os}/${server.Arch}`],
  ];
}

function describe(title: string, rows: readonly (readonly [string, string | undefined])[]): string {
  const lines = rows.filter(([, value]) => value).map(([name, value]) => ` ${`${name}:`.padEnd(19)}${value}\n`);
  return `${title}\n${lines.join('')}`;
}
