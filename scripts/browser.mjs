// A Chromium for the browser tests: the one named, an installed one, or one that gets installed now.
// `node scripts/browser.mjs` prints the path of the one that is there.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run, stage } from './prepare.mjs';

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** The path of a browser. Installs one if there is none; throws an Error with a sentence if that fails too. */
export async function provideBrowser() {
  const found = await findBrowser();
  if (found) return found;
  await installBrowser();
  const installed = await findBrowser();
  if (installed) return installed;
  throw new Error(
    'Expected Chromium or Chrome for the browser tests, found none and could not install one: ' +
      'install it, or set CHROME_PATH to its program.',
  );
}

/** The path of an installed browser, or null. Throws an Error with a sentence if CHROME_PATH names something else. */
export async function findBrowser() {
  const named = process.env.CHROME_PATH;
  if (named) {
    if (await starts(named)) return named;
    throw new Error(`Expected CHROME_PATH to name a browser, got ${named}, which does not start: correct or unset it.`);
  }
  for (const path of [...onPath(), ...usualPlaces(), await playwrightPath()]) {
    if (path && (await starts(path))) return path;
  }
  return null;
}

function onPath() {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const ending = process.platform === 'win32' ? '.exe' : '';
  return COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command + ending)));
}

function usualPlaces() {
  if (process.platform === 'darwin') {
    const apps = ['Google Chrome', 'Chromium', 'Google Chrome Canary'];
    return apps.flatMap((app) =>
      ['/', homedir()].map((home) => join(home, 'Applications', `${app}.app`, 'Contents', 'MacOS', app)),
    );
  }
  if (process.platform === 'win32') {
    const { PROGRAMFILES, 'PROGRAMFILES(X86)': older, LOCALAPPDATA } = process.env;
    const homes = [PROGRAMFILES, older, LOCALAPPDATA].filter(Boolean);
    const apps = [join('Google', 'Chrome'), 'Chromium'];
    return homes.flatMap((home) => apps.map((app) => join(home, app, 'Application', 'chrome.exe')));
  }
  return ['/snap/bin/chromium', '/opt/google/chrome/chrome', '/usr/lib/chromium/chromium'];
}

/** Where playwright would put its Chromium; null before it is installed as a package. */
async function playwrightPath() {
  try {
    const { chromium } = await import('playwright-core');
    return chromium.executablePath();
  } catch {
    return null;
  }
}

/** A broken installation, or a placeholder that only says "install me", is no browser. */
async function starts(path) {
  if (!existsSync(path)) return false;
  // On Windows --version opens a window instead of printing.
  if (process.platform === 'win32') return true;
  return (await run(path, ['--version'], { timeout: 30_000 })).code === 0;
}

async function installBrowser() {
  if (process.getuid?.() === 0 && (await run('apt-get', ['--version'])).code === 0) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await stage('Updating the list of Debian packages', 'apt-get', ['update'], { env });
    const args = ['install', '--yes', '--no-install-recommends', 'chromium'];
    if (await stage('Installing chromium (apt-get)', 'apt-get', args, { env })) return;
  }
  const cli = 'node_modules/playwright-core/cli.js';
  await stage('Installing chromium (playwright)', process.execPath, [cli, 'install', 'chromium']);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    console.log((await findBrowser()) ?? 'none');
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
