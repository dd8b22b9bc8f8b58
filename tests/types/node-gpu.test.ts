/**
 * The examples against the real typings of @tensorflow/tfjs-node-gpu, which cannot be a plain dependency: installing it
 * runs a script that needs a GPU's libraries. Here it is installed without its script, once, into .cache/types.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ROOT, start } from '../examples/program.ts';

const PACKAGE = '@tensorflow/tfjs-node-gpu';
const VERSION = '4.22.0';
const FOLDER = join(ROOT, '.cache', 'types');

beforeAll(() => {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  if (installedVersion() !== VERSION) install();
  const own = join(FOLDER, 'node_modules', 'classwatch');
  rmSync(own, { recursive: true, force: true });
  symlinkSync(ROOT, own, 'junction');
}, 300_000);

function installedVersion(): string | null {
  try {
    return JSON.parse(readFileSync(join(FOLDER, 'node_modules', PACKAGE, 'package.json'), 'utf8')).version;
  } catch {
    return null;
  }
}

function install(): void {
  const packages = [`${PACKAGE}@${VERSION}`, `@tensorflow/tfjs-backend-wasm@${VERSION}`];
  const args = ['install', '--ignore-scripts', '--no-save', '--no-audit', '--no-fund', ...packages];
  const options = { cwd: FOLDER, encoding: 'utf8', shell: process.platform === 'win32' } as const;
  const { status, stderr } = spawnSync('npm', args, options);
  expect(status, stderr).toBe(0);
}

/** Copies a source, with the import of TensorFlow.js that a user of a GPU has. */
function copySource(from: string, to: string): void {
  const text = readFileSync(join(ROOT, from), 'utf8');
  mkdirSync(dirname(join(FOLDER, to)), { recursive: true });
  writeFileSync(join(FOLDER, to), text.replaceAll(`'@tensorflow/tfjs'`, `'${PACKAGE}'`));
}

/** Type-checks what was copied to `folder`, as strictly as the project; returns the compiler's complaints. */
function complaints(folder: string): string {
  const config = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: { noEmit: true, rootDir: ROOT, allowJs: true, checkJs: true, noUncheckedIndexedAccess: false },
    include: [join(FOLDER, folder)],
  };
  const path = join(FOLDER, `${folder}.tsconfig.json`);
  writeFileSync(path, JSON.stringify(config));
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  return spawnSync(process.execPath, [compiler, '-p', path], { encoding: 'utf8' }).stdout;
}

test(`all examples type-check with ${PACKAGE}`, () => {
  rmSync(join(FOLDER, 'examples'), { recursive: true, force: true });
  const files = readdirSync(join(ROOT, 'examples'), { recursive: true, encoding: 'utf8' });
  const sources = files.filter((name) => /\.(ts|mjs|cjs)$/.test(name));
  expect(sources.length).toBeGreaterThan(10);
  for (const name of sources) copySource(join('examples', name), join('examples', name));
  expect(complaints('examples')).toBe('');
});

test(`every way to call classwatch type-checks with ${PACKAGE}`, () => {
  copySource(join('tests', 'types', 'usage.ts'), join('usage', 'usage.ts'));
  expect(complaints('usage')).toBe('');
});

test('the check sees what is wrong', () => {
  const wrong = `import * as tf from '${PACKAGE}';\nimport { watch } from 'classwatch';\nawait watch(tf, 'no model');\n`;
  mkdirSync(join(FOLDER, 'wrong'), { recursive: true });
  writeFileSync(join(FOLDER, 'wrong', 'wrong.ts'), wrong);
  expect(complaints('wrong')).toMatch(/wrong\.ts\(3,\d+\): error TS2345/);
});

test('a GPU package that is there but does not load is no error: the next backend is taken, and both are named', async () => {
  copyFileSync(join(ROOT, 'dist', 'examples', 'backend.js'), join(FOLDER, 'backend.js'));
  const script = `import { loadTensorFlow } from './backend.js';
    const { tf, choice } = await loadTensorFlow();
    console.log(choice, tf.tensor1d([1, 2]).sum().dataSync()[0], tf.getBackend());`;
  writeFileSync(join(FOLDER, 'choose.js'), script);
  const { code, out, err } = await start('.cache/types/choose.js', [], FOLDER).ended;
  expect(err).toBe('');
  expect(code).toBe(0);
  expect(out).toMatch(
    /^Backend: @tensorflow\/tfjs with wasm, accelerated \(@tensorflow\/tfjs-node-gpu does not load: .+, @tensorflow\/tfjs-node is not installed\)\. 3 wasm\n$/,
  );
});
