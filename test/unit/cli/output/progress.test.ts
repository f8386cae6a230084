import test from 'ava';
import { ProgressRenderer } from '../../../../src/cli/output/progress.ts';
import { progressBar } from '../../../../src/cli/output/progress-bar.ts';

const BARS: readonly [Parameters<typeof progressBar>[0], number, string][] = [
  [{ current: 0, total: 0 }, 120, ''],
  [{ current: 1500, total: 0 }, 120, '   1.5kB'],
  [{ current: 50, total: 100 }, 120, `[${'='.repeat(25)}>${' '.repeat(25)}]      50B/100B`],
  [{ current: 100, total: 100, rate: 10 }, 120, `[${'='.repeat(50)}>]     100B/100B`],
  [{ current: 50, total: 100, rate: 2_000_000 }, 80, '     50B/100B 2MB/s'],
  [{ current: 50, total: 100, rate: 2_000_000 }, 40, '     50B/100B'],
  [{ current: 200, total: 100 }, 80, '    200B'],
];
for (const [progress, width, expected] of BARS) {
  test(`a bar ${width} wide: ${JSON.stringify(progress)}`, (t) => t.is(progressBar(progress, width), expected));
}

const layer = (id: string, status: string, current = 0, total = 0): object => ({
  id,
  status,
  progressDetail: total === 0 ? {} : { current, total },
});

/** What a stream of messages, a second apart, looks like. */
function render(screen: { columns: number; rows: number } | undefined, messages: readonly object[]): string {
  const renderer = new ProgressRenderer(screen);
  return messages.map((message, index) => renderer.render(message, index * 1000)).join('');
}

const PULL = [
  { status: 'Pulling from library/busybox', id: 'latest' },
  layer('aaa', 'Pulling fs layer'),
  layer('bbb', 'Pulling fs layer'),
  layer('aaa', 'Downloading', 10, 100),
  layer('aaa', 'Downloading', 60, 100),
  layer('bbb', 'Downloading', 50, 50),
  layer('aaa', 'Download complete'),
  layer('aaa', 'Pull complete'),
  { status: 'Status: Downloaded newer image for busybox:latest' },
];

test('without a terminal only changes of status are lines', (t) => {
  t.deepEqual(render(undefined, PULL).split('\n'), [
    'latest: Pulling from library/busybox',
    'aaa: Pulling fs layer',
    'bbb: Pulling fs layer',
    'aaa: Download complete',
    'aaa: Pull complete',
    'Status: Downloaded newer image for busybox:latest',
    '',
  ]);
});

test('on a terminal every layer has a line that is drawn over', (t) => {
  const text = render({ columns: 80, rows: 24 }, PULL);
  t.true(text.startsWith('latest: Pulling from library/busybox\n\n\x1b[1A\x1b[2K\raaa: Pulling fs layer \r\x1b[1B\n'));
  t.true(text.includes('\x1b[2A\x1b[2K\raaa: Downloading      60B/100B 50B/s\r\x1b[2B'));
  t.true(text.includes('\x1b[1A\x1b[2K\rbbb: Downloading      50B/50B\r\x1b[1B'));
  t.true(text.endsWith('Status: Downloaded newer image for busybox:latest\n'));
});

test('a layer that has left the screen is not drawn over another', (t) => {
  const messages = Array.from({ length: 5 }, (_, index) => layer(`l${index}`, 'Waiting'));
  const text = render({ columns: 80, rows: 3 }, [...messages, layer('l0', 'Downloading', 1, 2)]);
  t.false(text.includes('l0: Downloading'));
});

test('a line is cut before it would wrap', (t) => {
  const text = render({ columns: 20, rows: 24 }, [layer('aaa', 'A status that is long', 1, 2)]);
  t.true(text.includes('\raaa: A status that \r'));
});

test('control characters of a registry do not reach the terminal', (t) => {
  t.is(render(undefined, [{ status: 'evil\x1b]0;title\x07' }]), 'evil]0;title\n');
});

test('an error in the stream is thrown', (t) => {
  t.throws(() => render(undefined, [{ errorDetail: { message: 'manifest unknown' }, error: 'x' }]), {
    message: 'manifest unknown',
  });
});
