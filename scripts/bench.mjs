// npm run bench -- NAME [arguments]: builds the package and the benches, and runs bench/NAME.ts.
import { execFileSync, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [name, ...args] = process.argv.slice(2);
const file = join(root, 'dist', 'bench', `${name}.js`);
const known = [
  'overhead',
  'plain',
  'noise',
  'memory',
  'store',
  'wasm',
  'theory',
  'layer-peeled',
  'geometry',
  'forecast',
];

if (!known.includes(name)) {
  console.error(`Expected the name of a bench (${known.join(', ')}), got ${name}.`);
  process.exit(2);
}
execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: 'inherit' });
execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'bench'], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(spawnSync(process.execPath, [file, ...args], { stdio: 'inherit' }).status ?? 1);
