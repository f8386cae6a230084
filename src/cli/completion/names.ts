// Names that the daemon has, for the shell. A daemon that does not answer completes nothing, and says nothing into the prompt.
import { ApiClient } from '../../client/client.ts';
import { resolveHost } from '../../client/host.ts';
import type { ContainerSummary } from '../../types/container.ts';
import type { ImageSummary } from '../../types/image.ts';
import type { ClientProcess } from '../main.ts';
import type { Subject } from './subjects.ts';

type Asked = Exclude<Subject, readonly string[] | 'files'>;

/** What containers of a subject look like, in the words of the list's filter. */
const STATES: Readonly<Partial<Record<Asked, readonly string[]>>> = {
  containers: [],
  running: ['running', 'paused'],
  stopped: ['created', 'exited'],
  paused: ['paused'],
};

/** `host`: what `-H` said before the command. */
export async function namesOf(
  subject: Asked,
  { env }: ClientProcess,
  host: string | undefined,
): Promise<readonly string[]> {
  try {
    return await ask(subject, new ApiClient({ host: resolveHost(host, env) }));
  } catch {
    return [];
  }
}

async function ask(subject: Asked, client: ApiClient): Promise<readonly string[]> {
  const states = STATES[subject];
  if (states !== undefined) return containers(client, states);
  if (subject === 'images') return images(client);
  if (subject === 'networks') return named(await client.json('GET', '/networks'));
  if (subject === 'volumes') {
    const { Volumes } = await client.json<{ readonly Volumes: readonly Named[] | null }>('GET', '/volumes');
    return named(Volumes ?? []);
  }
  const all = [containers(client, []), images(client), ask('networks', client), ask('volumes', client)];
  return (await Promise.all(all)).flat();
}

async function containers(client: ApiClient, states: readonly string[]): Promise<readonly string[]> {
  const filters = states.length === 0 ? undefined : { status: states };
  const list = await client.json<readonly ContainerSummary[]>('GET', '/containers/json', {
    query: { all: true, filters },
  });
  // A link gives a container a second name, below the first one's.
  return list.flatMap(({ Names }) => Names.map((name) => name.slice(1)).filter((name) => !name.includes('/')));
}

async function images(client: ApiClient): Promise<readonly string[]> {
  const list = await client.json<readonly ImageSummary[]>('GET', '/images/json');
  const tags = list.flatMap(({ RepoTags }) => RepoTags ?? []);
  // People leave `:latest` out.
  const short = tags.flatMap((tag) => (tag.endsWith(':latest') ? [tag.slice(0, -':latest'.length)] : []));
  return [...short, ...tags].filter((tag) => !tag.startsWith('<none>'));
}

interface Named {
  readonly Name: string;
}

function named(list: readonly Named[]): readonly string[] {
  return list.map(({ Name }) => Name);
}
