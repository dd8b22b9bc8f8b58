import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../examples/files.ts';
import { ROOT } from '../examples/program.ts';

/** Prints the browser that the tests would use, with this environment. */
function browser(changes: NodeJS.ProcessEnv): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/browser.mjs'], {
    cwd: ROOT,
    env: { ...process.env, ...changes },
    encoding: 'utf8',
  });
  return { code: status, out: stdout.trim(), err: stderr.trim() };
}

/** A folder with a program `chromium` that ends with this code. */
function folderWithChromium(code: number): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'chromium'), `#!/bin/sh\nexit ${code}\n`);
  chmodSync(join(folder, 'chromium'), 0o755);
  return folder;
}

test('a browser that CHROME_PATH names is taken', () => {
  const path = join(folderWithChromium(0), 'chromium');
  expect(browser({ CHROME_PATH: path })).toEqual({ code: 0, out: path, err: '' });
});

test('a CHROME_PATH that does not start is a mistake that is told, not passed over', () => {
  const { code, err } = browser({ CHROME_PATH: '/no/such/browser' });
  expect(code).toBe(1);
  expect(err).toBe(
    'Expected CHROME_PATH to name a browser, got /no/such/browser, which does not start: correct or unset it.',
  );
});

test('the first browser on the PATH that starts is taken, a broken one is passed over', () => {
  const good = folderWithChromium(0);
  const PATH = `${folderWithChromium(1)}:${good}:${process.env.PATH}`;
  expect(browser({ CHROME_PATH: '', PATH }).out).toBe(join(good, 'chromium'));
});
