// The page of `tsker demo --web` in Debian's Chromium: it draws what runs, its buttons play lessons, and nobody else gets in. Needs
// root and Chromium. Screenshots are left in TSKER_TEST_SCREENSHOTS, or in the temporary directory.
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Browser, Page } from 'playwright-core';
import { browserMissing, openBrowser, openPage } from '../helpers/browser.ts';
import { tskerCommand } from '../helpers/daemon.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { type Background, startBackground } from '../helpers/process.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';

const suite = suiteOwner(test);
const missing = browserMissing();
const withBrowser = missing === undefined ? test.serial : test.serial.skip;
const SCREENSHOTS = process.env['TSKER_TEST_SCREENSHOTS'] ?? join(tmpdir(), 'tsker-test-screenshots');

let tour: Background;
let browser: Browser;
let page: Page;
let address: string;

test.before(async () => {
  if (missing !== undefined) return;
  const base = tempdir(suite, 'demo-web');
  const env = { ...process.env, TMPDIR: base };
  tour = startBackground([...tskerCommand(), 'demo', '--web', '--lang', 'en'], { log: join(base, 'log'), env });
  // It takes its engines back; the end of a tour that hangs is that of the test.
  suite.teardown(() => tour.stop(60_000));
  address = await waitFor('the address', () => /http:\S+/.exec(tour.output())?.[0], { timeout: 30_000 });
  mkdirSync(SCREENSHOTS, { recursive: true });
  browser = await openBrowser(suite);
  page = await openPage(browser, { dark: true });
});

const shoot = (name: string): Promise<unknown> =>
  page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });

withBrowser('the page is its own, and shows both engines with their containers, and the start of one', async (t) => {
  const complaints: string[] = [];
  page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
  page.on('pageerror', (error) => void complaints.push(error.message));
  await page.goto(address);
  t.is(new URL(page.url()).search, '', 'the token is not in the address any more');
  await page.locator('#monolith .container[data-pid]').nth(1).waitFor({ timeout: 30_000 });
  t.is(await page.locator('#monolith .daemon[data-pid]').count(), 1);
  await page.locator('#split .container[data-pid]').nth(1).waitFor({ timeout: 60_000 });
  t.is(await page.locator('#split .shim[data-pid]').count(), 2);
  await page.locator('#start rect.phase').first().waitFor({ timeout: 30_000 });
  await shoot('exhibition');
  t.deepEqual(complaints, []);
});

withBrowser('a button plays a lesson: the daemon dies in the drawing, and its claims hold', async (t) => {
  await page.locator('[data-lesson="2"]').click();
  await page.locator('#steps li').first().waitFor();
  await page.locator('#next:enabled').waitFor({ timeout: 30_000 });
  const pid = await page.locator('#monolith .daemon[data-pid]').first().getAttribute('data-pid');
  // The keyboard is a way, too.
  await page.keyboard.press('n');
  await page.locator(`#monolith .daemon.dead[data-pid="${pid}"]`).waitFor({ timeout: 30_000 });
  await shoot('daemon-died');
  for (;;) {
    const end = page.locator('#steps .done');
    await page.locator('#next:enabled').or(end).first().waitFor({ timeout: 30_000 });
    if ((await end.count()) > 0) break;
    await page.locator('#next').click();
  }
  t.is(await page.locator('.claims .bad').count(), 0);
  t.true((await page.locator('.claims li').count()) >= 10);
  await shoot('lesson');
});

withBrowser('in the split the containers stay when the daemon dies', async (t) => {
  await page.keyboard.press('4');
  await page.locator('#next:enabled').waitFor({ timeout: 60_000 });
  const containers = await page
    .locator('#split .container[data-pid]')
    .evaluateAll((all) => all.map((one) => one.dataset.pid));
  t.is(containers.length, 2);
  await page.keyboard.press('ArrowRight');
  await page.locator('#split .daemon.dead').waitFor({ timeout: 30_000 });
  for (const pid of containers) t.is(await page.locator(`#split .container:not(.dead)[data-pid="${pid}"]`).count(), 1);
  await shoot('survival');
  await page.keyboard.press('Escape');
  await page.locator('#end:disabled').waitFor({ timeout: 60_000 });
});

withBrowser('the address is good for one use, and nobody without the cookie gets in', async (t) => {
  const origin = new URL(address).origin;
  t.is((await fetch(address)).status, 403);
  for (const path of ['/', '/stream', '/words', '/page.js']) t.is((await fetch(`${origin}${path}`)).status, 403, path);
  t.is((await fetch(`${origin}/lessons/1`, { method: 'POST' })).status, 403);
});

withBrowser('interrupted, it takes everything back', async (t) => {
  await page.close();
  tour.signal('SIGINT');
  await waitFor('the end of the tour', () => tour.exitCode() !== undefined, { timeout: 60_000 });
  t.is(tour.exitCode(), 0, tour.output());
});
