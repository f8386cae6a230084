// tsker events [OPTIONS]: what happens in the daemon, a line an event, as it happens.
import { createJsonLineReader } from '../../client/json-lines.ts';
import type { EventMessage } from '../../types/event.ts';
import { defineCommand } from '../command.ts';
import { parseFilters } from '../flags/filters.ts';
import { defineFlags } from '../flags/spec.ts';
import { parseTimestamp } from '../flags/timestamp.ts';
import { zoneOffset } from '../output/human.ts';

const flags = defineFlags({
  filter: { kind: 'list', short: 'f', value: 'filter', summary: 'Filter output based on conditions provided' },
  format: { kind: 'string', summary: "Format output: 'json', or a Go template" },
  since: { kind: 'string', summary: 'Show all events created since timestamp' },
  until: { kind: 'string', summary: 'Stream events until this timestamp' },
});

export const events = defineCommand({
  usage: '[OPTIONS]',
  flags,
  args: { min: 0, max: 0 },
  examples: [
    ['events --since 10m --filter event=die', 'Containers that ended in the last ten minutes, and from now on'],
  ],
  async run({ client, flags, io }) {
    const now = Date.now();
    const show = await formatter(flags.format);
    const { body } = await client.request('GET', '/events', {
      query: {
        since: flags.since && parseTimestamp(flags.since, now),
        until: flags.until && parseTimestamp(flags.until, now),
        filters: parseFilters(flags.filter),
      },
    });
    const lines = createJsonLineReader();
    for await (const piece of body.stream() as AsyncIterable<Buffer>) {
      for (const line of lines.push(piece)) io.stdout.write(show(line));
    }
    return 0;
  },
});

async function formatter(format: string | undefined): Promise<(line: string) => string> {
  if (format === undefined) return showEvent;
  // Verbatim: a number would lose the last digits of timeNano.
  if (format.trim() === 'json') return (line) => `${line}\n`;
  const { compileOne } = await import('../template/one.ts');
  const render = compileOne(format);
  return (line) => render({ ...JSON.parse(line), timeNano: nanosecondsOf(line) });
}

/** `2025-01-31T12:00:00.123456789+01:00 container start 0123… (image=busybox, name=web)`. */
export function showEvent(line: string): string {
  const event = JSON.parse(line) as EventMessage;
  const attributes = Object.entries(event.Actor?.Attributes ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .sort();
  const more = attributes.length === 0 ? '' : ` (${attributes.join(', ')})`;
  return `${localTime(nanosecondsOf(line))} ${event.Type} ${event.Action} ${event.Actor?.ID}${more}\n`;
}

function nanosecondsOf(line: string): bigint {
  return BigInt(/"timeNano":\s*(\d+)/.exec(line)?.[1] ?? 0);
}

/** RFC 3339 in the local zone with nine decimals. */
function localTime(nanoseconds: bigint): string {
  const date = new Date(Number(nanoseconds / 1_000_000n));
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  const offset = zoneOffset(date);
  const zone = offset === '+0000' ? 'Z' : `${offset.slice(0, 3)}:${offset.slice(3)}`;
  return `${local}.${String(nanoseconds % 1_000_000_000n).padStart(9, '0')}${zone}`;
}
