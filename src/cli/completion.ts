// Shell completion: the script that a shell loads, written by yargs, and the words the script asks for.
import { ApiClient } from '../client/client.ts';
import { resolveHost } from '../client/host.ts';
import type { ContainerSummary } from '../types/container.ts';
import type { ImageSummary } from '../types/image.ts';
import type { ClientProcess } from './main.ts';
import { COMMANDS, findCommand, NOUNS } from './table.ts';
import { UsageError } from './usage-error.ts';

const SHELLS = ['bash', 'zsh'];

/** `tsker completion [bash|zsh]`. */
export async function printScript({ io, env }: ClientProcess, [shell]: readonly string[]): Promise<number> {
  const wanted = shell ?? (/zsh$/.test(env['SHELL'] ?? '') ? 'zsh' : 'bash');
  if (!SHELLS.includes(wanted)) throw new UsageError(`no completion for '${wanted}': use bash or zsh`);
  const { createCompletionScript } = await import('./yargs-command.ts');
  const script = createCompletionScript(wanted);
  io.stdout.write(`${script}\n`);
  return 0;
}

/** `tsker --get-yargs-completions tsker run --na`: one candidate a line. */
export async function complete(process: ClientProcess): Promise<number> {
  const at = process.argv.indexOf('--get-yargs-completions');
  const words = process.argv.slice(at + 2);
  const current = words.at(-1) ?? '';
  const candidates = await candidatesFor(process, words.slice(0, -1), current);
  process.io.stdout.write(
    candidates
      .filter((word) => word.startsWith(current))
      .map((word) => `${word}\n`)
      .join(''),
  );
  return 0;
}

async function candidatesFor(
  process: ClientProcess,
  before: readonly string[],
  current: string,
): Promise<readonly string[]> {
  const found = findCommand(before);
  if (found === undefined) {
    const prefix = before.length === 0 ? '' : `${before.join(' ')} `;
    const names = COMMANDS.flatMap((entry) => entry.names);
    const below = names
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length).split(' ')[0] ?? '');
    return [...new Set(prefix === '' ? [...below, ...Object.keys(NOUNS), 'daemon', 'help'] : below)].sort();
  }
  if (current.startsWith('-')) {
    const { flags } = await found.entry.load();
    return [...Object.entries(flags).flatMap(([name, spec]) => (spec.hidden === true ? [] : [`--${name}`])), '--help'];
  }
  return namesOf(process, found.entry.names[0]);
}

const OF_IMAGES = new Set(['run', 'create', 'rmi', 'image inspect', 'pull']);
const OF_CONTAINERS = new Set([
  'attach',
  'kill',
  'logs',
  'rm',
  'start',
  'stop',
  'wait',
  'container inspect',
  'inspect',
]);

/** Names from the daemon; a daemon that does not answer completes nothing, and says nothing into the prompt. */
async function namesOf({ env }: ClientProcess, command: string): Promise<readonly string[]> {
  try {
    const client = new ApiClient({ host: resolveHost(undefined, env) });
    if (OF_IMAGES.has(command)) {
      const images = await client.json<readonly ImageSummary[]>('GET', '/images/json');
      return images.flatMap(({ RepoTags }) => RepoTags ?? []);
    }
    if (!OF_CONTAINERS.has(command)) return [];
    const containers = await client.json<readonly ContainerSummary[]>('GET', '/containers/json', {
      query: { all: true },
    });
    return containers.flatMap(({ Names }) => Names.map((name) => name.slice(1)));
  } catch {
    return [];
  }
}
