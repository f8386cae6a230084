// What a RUN prints when nobody reads it: the program waits, the daemon's memory does not grow, and in the end all of it has arrived, in
// order; the same for a stage that waits for its turn to speak. Needs root.
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import test from 'ava';
import type { Daemon } from '../helpers/daemon.ts';
import { openCall } from '../helpers/http.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { makeTar } from '../helpers/tar.ts';
import { waitFor } from '../helpers/wait.ts';
import { startWithBusybox } from './daemon.harness.ts';

const suite = suiteOwner(test);
const MEGABYTE = 1024 * 1024;
let daemon: Daemon;

test.before(async () => {
  daemon = await startWithBusybox(suite, { args: ['--bridge', 'none'] });
});

function residentMegabytes(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

const build = (dockerfile: string): Promise<IncomingMessage> =>
  openCall({
    target: daemon.socket,
    method: 'POST',
    path: '/build?nocache=1&rm=1&networkmode=none',
    body: makeTar([{ path: 'Dockerfile', content: dockerfile }]),
  });

/** Where each of some words comes first, how often a letter comes, and the most memory that the daemon had meanwhile. */
async function readAll(answer: IncomingMessage, { letter, words }: { letter: string; words: readonly string[] }) {
  const found = new Map<string, number>();
  const code = letter.charCodeAt(0);
  let [count, size, most, tail] = [0, 0, residentMegabytes(), ''];
  for await (const bytes of answer) {
    const chunk = bytes as Buffer;
    for (const byte of chunk) if (byte === code) count += 1;
    const text = tail + chunk.toString('latin1');
    for (const word of words) {
      if (!found.has(word) && text.includes(word)) found.set(word, size - tail.length + text.indexOf(word));
    }
    tail = text.slice(-100);
    size += chunk.length;
    most = Math.max(most, residentMegabytes());
  }
  return { count, most, tail, order: words.toSorted((a, b) => (found.get(a) ?? -1) - (found.get(b) ?? -1)), found };
}

/** It stands still: what it prints is read by nobody, and it does not end. */
async function whenStill(): Promise<void> {
  const printed = (): string => readFileSync(`/proc/${daemon.pid}/io`, 'utf8').replaceAll(/^(?!rchar).*$/gm, '');
  let before = '';
  await waitFor(
    'the RUN to stand still',
    () => {
      const now = printed();
      const isStill = now === before;
      before = now;
      return isStill;
    },
    { timeout: 20_000, interval: 500 },
  );
}

test.serial('a client that does not read holds a RUN up, not the memory, and loses nothing', async (t) => {
  const size = 200 * MEGABYTE;
  const before = residentMegabytes();
  const answer = await build(`FROM busybox\nRUN head -c ${size} /dev/zero | tr '\\0' '\\176'; echo said all\n`);
  answer.pause();
  await whenStill();
  t.true(residentMegabytes() < before + 60, `${residentMegabytes()} MB, ${before} before`);
  const { count, most, tail } = await readAll(answer, { letter: '~', words: [] });
  t.is(count, size);
  t.regex(tail, /Successfully built/);
  t.true(most < before + 100, `${most} MB, ${before} before`);
});

test.serial('a client that goes away while a RUN waits for it ends the build', async (t) => {
  const answer = await build(`FROM busybox\nRUN head -c ${200 * MEGABYTE} /dev/zero | tr '\\0' '\\176'\n`);
  answer.pause();
  await whenStill();
  const children = (): string => readFileSync(`/proc/${daemon.pid}/task/${daemon.pid}/children`, 'utf8').trim();
  t.not(children(), '');
  answer.destroy();
  await waitFor('its container to end', () => children() === '');
  t.pass();
});

test.serial(
  'a stage that waits for its turn goes on, keeps what it says out of memory, and is heard whole behind the first',
  async (t) => {
    const size = 100 * MEGABYTE;
    const before = residentMegabytes();
    // The first ends when the second has said all: a lock of theirs, which must not become a deadlock.
    const cache = 'RUN --mount=type=cache,target=/shared,id=output';
    const answer = await build(
      [
        'FROM busybox AS first',
        `${cache} until rm /shared/said 2>/dev/null; do sleep 0.05; done; echo first""-is-done; touch /one`,
        'FROM busybox AS second',
        `${cache} head -c ${size} /dev/zero | tr '\\0' '\\176'; echo second""-is-done; touch /shared/said /two`,
        'FROM busybox',
        'COPY --from=first /one /',
        'COPY --from=second /two /',
        '',
      ].join('\n'),
    );
    const words = ['first-is-done', 'second-is-done', 'COPY --from=first'];
    const { count, most, tail, order, found } = await readAll(answer, { letter: '~', words });
    t.is(count, size);
    t.deepEqual([order, found.size], [words, 3]);
    t.regex(tail, /Successfully built/);
    t.true(most < before + 100, `${most} MB, ${before} before`);
  },
);
