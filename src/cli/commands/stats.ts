// tsker stats [OPTIONS] [CONTAINER...]: what containers use, drawn anew every second.
import type { ApiClient } from '../../client/client.ts';
import { createJsonLineReader } from '../../client/json-lines.ts';
import type { ContainerSummary } from '../../types/container.ts';
import type { StatsResponse } from '../../types/stats.ts';
import { messageOf } from '../../util/errors.ts';
import { defineCommand } from '../command.ts';
import { FORMAT_FLAGS } from '../flags/format.ts';
import { defineFlags } from '../flags/spec.ts';
import type { Io } from '../io.ts';
import { shortId } from '../output/human.ts';
import { renderList } from '../output/list.ts';
import { STATS_HEADERS, statsRow } from '../output/stats-row.ts';
import { containerPath } from '../targets.ts';

const COLUMNS = ['ID', 'Name', 'CPUPerc', 'MemUsage', 'MemPerc', 'NetIO', 'BlockIO', 'PIDs'];
/** Milliseconds between two drawings. */
const INTERVAL = 1000;
/** Cursor home; erase from there to the end of the line, of the screen. */
const HOME = '\x1b[H';
const ERASE_LINE = '\x1b[K';
const ERASE_BELOW = '\x1b[J';

const flags = defineFlags({
  all: { kind: 'boolean', short: 'a', summary: 'Show all containers (default shows just running)' },
  ...FORMAT_FLAGS,
  'no-stream': { kind: 'boolean', summary: 'Disable streaming stats and only pull the first result' },
  'no-trunc': { kind: 'boolean', summary: 'Do not truncate output' },
});

/** The newest sample of every container that is watched. */
type Samples = Map<string, StatsResponse | undefined>;

export const stats = defineCommand({
  usage: '[OPTIONS] [CONTAINER...]',
  flags,
  args: { min: 0 },
  examples: [['stats --no-stream', 'What the running containers use now']],
  async run({ client, flags, args, io }) {
    const list = (): Promise<readonly string[]> => (args.length > 0 ? Promise.resolve(args) : names(client, flags.all));
    const draw = async (samples: Samples): Promise<string> => {
      const noTrunc = flags['no-trunc'] === true;
      const rows = [...samples].map(([container, sample]) => statsRow(sample, { container, noTrunc }));
      return renderList({ rows, headers: STATS_HEADERS, columns: COLUMNS }, flags.format, io);
    };
    if (flags['no-stream'] === true) {
      const containers = await list();
      const samples = await Promise.all(containers.map((name) => sampleOnce(client, name)));
      io.stdout.write(await draw(new Map(containers.map((name, index) => [name, samples[index]]))));
      return 0;
    }
    return watch({ client, io, draw, list, follow: args.length === 0 });
  },
});

async function names(client: ApiClient, all: boolean | undefined): Promise<readonly string[]> {
  const query = { all: all === true || undefined };
  const containers = await client.json<readonly ContainerSummary[]>('GET', '/containers/json', { query });
  return containers.map(({ Id }) => shortId(Id));
}

function sampleOnce(client: ApiClient, name: string): Promise<StatsResponse> {
  return client.json<StatsResponse>('GET', containerPath(name, 'stats'), { query: { stream: false } });
}

interface Watching {
  readonly client: ApiClient;
  readonly io: Io;
  readonly draw: (samples: Samples) => Promise<string>;
  readonly list: () => Promise<readonly string[]>;
  /** Containers that start later are shown as well. */
  readonly follow: boolean;
}

/** Until every container that was named is gone, or the user ends it. */
async function watch({ client, io, draw, list, follow }: Watching): Promise<number> {
  const samples: Samples = new Map();
  let failed = false;
  const begin = (name: string): void => {
    samples.set(name, undefined);
    const drop = (): boolean => samples.delete(name);
    stream(client, name, samples).then(drop, (error: unknown) => {
      drop();
      failed = !follow;
      if (!follow) io.stderr.write(`tsker: ${messageOf(error)}\n`);
    });
  };
  const refresh = async (): Promise<void> => {
    const present = new Set(await list());
    for (const name of present) if (!samples.has(name)) begin(name);
    for (const name of samples.keys()) if (!present.has(name)) samples.delete(name);
  };
  await refresh();
  while (follow || samples.size > 0) {
    const text = await draw(samples);
    const screen = text.replaceAll('\n', `${ERASE_LINE}\n`);
    io.stdout.write(io.stdout.isTTY === true ? `${HOME}${screen}${ERASE_BELOW}` : text);
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
    if (follow) await refresh();
  }
  return failed ? 1 : 0;
}

async function stream(client: ApiClient, name: string, samples: Samples): Promise<void> {
  const { body } = await client.request('GET', containerPath(name, 'stats'), { query: { stream: true } });
  const lines = createJsonLineReader();
  for await (const piece of body.stream() as AsyncIterable<Buffer>) {
    for (const line of lines.push(piece)) {
      if (!samples.has(name)) return;
      samples.set(name, JSON.parse(line) as StatsResponse);
    }
  }
}
