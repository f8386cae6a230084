// How long the daemon's event loop was blocked while the cases ran, as it exports that itself. Whatever blocks it holds up
// every client at once.
import type { Engine } from './ground.ts';
import type { Row } from './result.ts';

/** Milliseconds. */
const ASKED = 50;

/** The longest time since this was first called, in milliseconds: the daemon measures from then on. */
export async function longestBlock({ api }: Engine): Promise<number> {
  const text = String(await api.call('GET', '/metrics'));
  const seconds = /^tsker_event_loop_delay_seconds\{stat="max"\} (\S+)$/m.exec(text)?.[1];
  if (seconds === undefined) throw new Error('the daemon does not say how long its event loop was blocked');
  return Number(seconds) * 1000;
}

export async function loopRow(engine: Engine): Promise<Row> {
  const against = 'what is asked';
  return {
    ...{ name: "the daemon's event loop, longest block", unit: 'ms', reference: ASKED, against, atMost: 1 },
    tsker: await longestBlock(engine),
  };
}
