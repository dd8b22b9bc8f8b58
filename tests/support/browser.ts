import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** One browser for the tests of a file. Fails, never skips, where `npm test` has found none. */
export function withBrowser(): { page(options?: { width?: number; height?: number; dark?: boolean }): Promise<Page> } {
  let browser: Browser;
  beforeAll(async () => {
    const executablePath = process.env.CHROME_PATH;
    if (!executablePath)
      throw new Error('Expected CHROME_PATH to name a browser, got nothing: run npm test, which finds one.');
    browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  });
  afterAll(async () => {
    await browser?.close();
  });
  return {
    async page({ width = 1280, height = 800, dark = false } = {}) {
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme: dark ? 'dark' : 'light',
      });
      return context.newPage();
    },
  };
}
