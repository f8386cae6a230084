// tsker system install-units [OPTIONS]: the units with which systemd starts the daemon, written where it looks for them. It starts
// nothing; that is said.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isSea } from 'node:sea';
import { TskerError } from '../../util/errors.ts';
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { systemdUnits } from '../systemd-units.ts';

const DIRECTORY = '/etc/systemd/system';

const flags = defineFlags({
  directory: { kind: 'string', summary: `Where systemd looks for units (default ${DIRECTORY})` },
  group: { kind: 'string', summary: 'Group that may use the socket (default docker where it exists, else root)' },
  force: { kind: 'boolean', short: 'f', summary: 'Replace units that say something else' },
});

export const installUnits = defineCommand({
  usage: '[OPTIONS]',
  flags,
  args: { min: 0, max: 0 },
  examples: [['system install-units', 'Have systemd start the daemon at its first request']],
  async run({ flags, io }) {
    const directory = resolve(flags.directory ?? DIRECTORY);
    const units = systemdUnits({ command: ownCommand(), group: flags.group ?? standardGroup() });
    const paths = [...units].map(([name, text]) => ({ path: join(directory, name), text }));
    if (flags.force !== true) for (const { path, text } of paths) requireOurs(path, text);
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    for (const { path, text } of paths) {
      writeFileSync(path, text, { mode: 0o644 });
      io.stdout.write(`${path}\n`);
    }
    io.stderr.write('now: systemctl daemon-reload && systemctl enable --now tsker.socket tsker.service\n');
    return 0;
  },
});

/** Throws `conflict` for a unit that somebody has changed. */
function requireOurs(path: string, text: string): void {
  const found = readOptional(path);
  if (found === undefined || found === text) return;
  throw new TskerError('conflict', `${path} exists and says something else`, { hint: 'replace it with --force' });
}

/** The executable itself; from source the program that runs it, too. */
function ownCommand(): readonly string[] {
  const [, script = ''] = process.argv;
  return isSea() ? [process.execPath] : [process.execPath, resolve(script)];
}

function standardGroup(): string {
  const names = (readOptional('/etc/group') ?? '').split('\n').map((line) => line.split(':')[0]);
  return ['tsker', 'docker'].find((name) => names.includes(name)) ?? 'root';
}

function readOptional(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
