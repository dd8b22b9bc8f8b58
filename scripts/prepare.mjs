// What both commands do first: packages that match the lock file, and a build that is not older than its sources.
// Node's own modules only: on a fresh clone there are no others yet.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const SOURCES = ['src', 'dashboard', 'examples', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json'];
/** Written at the end of a build, with the time of its start. */
const STAMP = join(root, 'dist', 'examples', '.built');

/** Runs a stage and prints how long it took. Its output is shown only if it fails; returns whether it succeeded. */
export async function stage(name, command, args, options = {}) {
  const started = Date.now();
  process.stdout.write(`${name} ... `);
  const { code, output } = await run(command, args, options);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(code === 0 ? `${seconds} s` : `failed after ${seconds} s`);
  if (code !== 0) console.error(output);
  return code === 0;
}

/** Runs a command in the project's root to its end: exit code (1 if it did not start) and all that it wrote. */
export function run(command, args, { inherit = false, ...options } = {}) {
  return new Promise((resolve) => {
    const stdio = inherit ? 'inherit' : ['ignore', 'pipe', 'pipe'];
    const child = spawn(command, args, { cwd: root, stdio, ...options });
    const pieces = [];
    child.stdout?.on('data', (piece) => pieces.push(piece));
    child.stderr?.on('data', (piece) => pieces.push(piece));
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(pieces).toString() }));
  });
}

/** npm as a command: the one that runs this script, else the one on the PATH. */
export function npm(...args) {
  const path = process.env.npm_execpath;
  if (path?.endsWith('npm-cli.js')) return [process.execPath, [path, ...args]];
  return ['npm', args, { shell: process.platform === 'win32' }];
}

/** Installs the packages of the lock file unless exactly these are there. */
export async function install() {
  if (isInstalled()) return true;
  return stage('Installing packages (npm ci)', ...npm('ci', '--no-audit', '--no-fund'));
}

function isInstalled() {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages ?? {};
  const present = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (!present) return false;
  // An optional package may be absent: it is for another platform.
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || present[path]?.version === version,
  );
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/** Builds package, dashboard and examples unless the build is newer than every source. */
export async function build() {
  const built = statSync(STAMP, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (newest(SOURCES.map((name) => join(root, name))) < built) return true;
  return stage('Building', process.execPath, ['scripts/build.mjs']);
}

function newest(paths) {
  let latest = 0;
  for (const path of paths) {
    const info = statSync(path, { throwIfNoEntry: false });
    if (info === undefined) continue;
    const inside = info.isDirectory() ? newest(readdirSync(path).map((name) => join(path, name))) : 0;
    latest = Math.max(latest, info.mtimeMs, inside);
  }
  return latest;
}
