// Builds everything that the package ships, and the examples: one command, in the order in which the parts need each other.
import { spawnSync } from 'node:child_process';
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSimd } from './simd.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function run(command, ...args) {
  const path = join(root, 'node_modules', command);
  const { status } = spawnSync(process.execPath, [path, ...args], { cwd: root, stdio: 'inherit' });
  // The tool has said what is wrong; a stack trace of this script would only hide it.
  if (status !== 0) process.exit(status ?? 1);
}

const started = new Date();
rmSync(join(root, 'dist'), { recursive: true, force: true });
buildSimd();
run('typescript/bin/tsc', '-p', '.');
for (const worker of ['relay', 'offload']) {
  run('vite/bin/vite.js', 'build', '--logLevel', 'warn', '--config', 'scripts/worker.vite.mjs', '--mode', worker);
}
run('vite/bin/vite.js', 'build', 'dashboard', '--logLevel', 'warn');
run('typescript/bin/tsc', '-p', 'examples');

// Says that the build is whole, and as of when: whatever changed since it started is not in it.
const stamp = join(root, 'dist', 'examples', '.built');
writeFileSync(stamp, '');
utimesSync(stamp, started, started);
