// `tsker demo`, unattended: every lesson checks its own claims against /proc, and nothing of it is left on the host, not even when it
// is interrupted. Needs root.
import { readdirSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { LESSONS } from '../../src/demo/lessons/all.ts';
import { tskerCommand } from '../helpers/daemon.ts';
import { findTraces } from '../helpers/host.ts';
import { startBackground } from '../helpers/process.ts';
import { run } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { openTerminal } from '../helpers/terminal.ts';
import { waitFor } from '../helpers/wait.ts';

/** A tour's own temporary directory: what is left in it, or carries its name on the host, is left over. */
function surroundings(t: ExecutionContext): { base: string; env: NodeJS.ProcessEnv } {
  const base = tempdir(t, 'demo');
  // Whoever has an engine running must not see it touched: nothing listens there.
  return { base, env: { ...process.env, TMPDIR: base, TSKER_HOST: 'unix:///nonexistent', DOCKER_HOST: undefined } };
}

async function isClean(t: ExecutionContext, base: string): Promise<void> {
  t.deepEqual(readdirSync(base), []);
  t.deepEqual(await findTraces([base]), []);
}

for (const { number, texts } of LESSONS) {
  for (const language of number === 1 ? (['en', 'zh'] as const) : (['en'] as const)) {
    test.serial(`lesson ${number} holds (${language}): ${texts.en.title}`, async (t) => {
      const { base, env } = surroundings(t);
      const argv = [...tskerCommand(), 'demo', '--no-pause', '--lesson', String(number), '--lang', language];
      const { code, stdout, stderr } = await run(argv, { env });
      t.is(code, 0, `${stdout}\n${stderr}`);
      t.false(stdout.includes('✗'), stdout);
      const { steps } = texts[language];
      for (const { title } of Object.values(steps)) t.true(stdout.includes(title), title);
      const claims = Object.values(steps).flatMap((step) => Object.keys(step.claims)).length;
      t.is(stdout.split('✓').length - 1, claims);
      await isClean(t, base);
    });
  }
}

test.serial('interrupted, it takes everything back', async (t) => {
  const { base, env } = surroundings(t);
  const log = `${tempdir(t, 'log')}/log`;
  const tour = startBackground([...tskerCommand(), 'demo', '--no-pause', '--lesson', '1'], { log, env });
  t.teardown(() => tour.stop(60_000));
  await waitFor('the containers', () => tour.output().includes('container two'), { timeout: 30_000 });
  tour.signal('SIGINT');
  await waitFor('its end', () => tour.exitCode() !== undefined, { timeout: 30_000 });
  t.true([0, 130].includes(tour.exitCode() ?? -1), tour.output());
  await isClean(t, base);
});

for (const number of [1, 3]) {
  test.serial(`killed itself in lesson ${number}, it leaves its engine to the next tour`, async (t) => {
    const { base, env } = surroundings(t);
    const log = `${tempdir(t, 'log')}/log`;
    const tour = startBackground([...tskerCommand(), 'demo', '--no-pause', '--lesson', String(number)], { log, env });
    await waitFor('the containers', () => tour.output().includes('container two'), { timeout: 30_000 });
    tour.signal('SIGKILL');
    await waitFor('its end', () => tour.exitCode() !== undefined);
    t.not((await findTraces([base])).length, 0);
    const next = await run([...tskerCommand(), 'demo', '--no-pause', '--lesson', '1'], { env });
    t.is(next.code, 0, next.stderr);
    await isClean(t, base);
  });
}

test.serial('in a terminal a key is waited for after each step, and q ends', async (t) => {
  const { base, env } = surroundings(t);
  const argv = [...tskerCommand(), 'demo', '--lesson', '1', '--lang', 'en'];
  const terminal = openTerminal(t, argv, { env, columns: 90 });
  await terminal.expect(/While no container runs.*\[Enter\] next/s, 30_000);
  t.false(terminal.shown().includes('2/4'));
  terminal.type('\r');
  await terminal.expect(/2\/4.*\[Enter\] next/s, 30_000);
  terminal.type('q');
  t.is(await terminal.exited, 130);
  await isClean(t, base);
});

test.serial('a reader that goes away leaves nothing behind either', async (t) => {
  const { base, env } = surroundings(t);
  const words = [...tskerCommand(), 'demo', '--no-pause', '--lesson', '1'].map((word) => `'${word}'`).join(' ');
  await run(['sh', '-c', `${words} 2>&1 | head -2`], { env });
  await isClean(t, base);
});

test('what there is no lesson or language for is said', async (t) => {
  const argv = [...tskerCommand(), 'demo', '--no-pause'];
  const lesson = await run([...argv, '--lesson', '99']);
  t.not(lesson.code, 0);
  t.regex(lesson.stderr, /^tsker: --lesson 99: lessons are numbered 1 to 7\n$/);
  const language = await run([...argv, '--lang', 'xx']);
  t.not(language.code, 0);
  t.regex(language.stderr, /--lang/);
  t.regex((await run([...argv, '--port', '80'])).stderr, /^tsker: --port is that of the page: it goes with --web\n$/);
  t.regex((await run([...argv, '--web', '--port', '65536'])).stderr, /^tsker: --port 65536: it is a number from 0 to /);
});
