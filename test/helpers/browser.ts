// Debian's Chromium for tests of pages, with nothing to load from anywhere but the machine itself.
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Owner } from './owner.ts';

const CHROMIUM = '/usr/bin/chromium';

/** Why there is no browser here; undefined: there is one. */
export function browserMissing(): string | undefined {
  return existsSync(CHROMIUM) ? undefined : `${CHROMIUM} is not installed`;
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
}

/** A browser, ended with its owner. */
export async function openBrowser(owner: Owner): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    // Tests are root, and the sandbox is for people's own browsers; /dev/shm is small in many containers.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--no-proxy-server'],
  });
  owner.teardown(() => browser.close());
  return browser;
}

export async function openPage(browser: Browser, options: PageOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1920, height: options.height ?? 1080 },
    colorScheme: options.dark === true ? 'dark' : 'light',
  });
  return context.newPage();
}
