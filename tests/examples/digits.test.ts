import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { loadDataSet } from '../../examples/data/dataset.ts';
import { countClasses } from '../../examples/data/images.ts';
import { cifarBytes, idxBytes, temporaryFolder, writeIdxPair } from './files.ts';
import { ROOT, start } from './program.ts';

const DIGITS = 'dist/examples/digits.js';
const MNIST = join(ROOT, '..', 'shared', 'data', 'mnist');
const URL_LINE = /^Dashboard: (http:\/\/127\.0\.0\.1:\d+\/\S+)$/m;

/** Enough for a training and a probe set of three classes. */
const manyLabels = Array.from({ length: 90 }, (_, i) => i % 3);

const digits = (args: readonly string[], cwd: string) => start(DIGITS, args, cwd);

describe('the digits example', () => {
  test('trains, prints what it uses, the address before the first step and a recall for each class, and ends', async () => {
    const folder = temporaryFolder();
    const { code, out, err } = await digits(['--once', '--drawn', '--epochs', '1'], folder).ended;
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toMatch(/^Data: digits that this example draws itself \(--drawn\)\.$/m);
    expect(out).toMatch(/^Backend: @tensorflow\/\S+/m);
    expect(out).toMatch(/^Classes: 0 \(1200\), .*, 9 \(12\)\.$/m);
    expect(out).toMatch(URL_LINE);
    expect(out.match(/^\d +\d+ +100 +\d+\.\d %$/gm)).toHaveLength(10);
    expect(out.indexOf('Dashboard:')).toBeLessThan(out.indexOf('class '));
    expect(readdirSync(join(folder, 'runs'))).toEqual([expect.stringMatching(/\.db$/)]);
    expect(readdirSync(folder)).toEqual(['runs']);
  });

  test('the same seed repeats the run to the last bit', async () => {
    const folder = temporaryFolder();
    writeIdxPair(folder, 't10k-', manyLabels);
    const args = ['--once', '--data', '.', '--imbalance', '4', '--epochs', '3', '--batch-size', '16'];
    const saved = async (name: string, seed: string) => {
      const { code, err } = await digits([...args, '--seed', seed, '--save', name], folder).ended;
      expect(code, err).toBe(0);
      return JSON.parse(readFileSync(join(folder, name), 'utf8'));
    };
    const first = await saved('first.json', '7');
    expect(await saved('again.json', '7')).toEqual(first);
    const other = await saved('other.json', '8');
    expect(other.weights[0].values).not.toBe(first.weights[0].values);
    const shapes = first.weights.map((weight: { shape: number[] }) => weight.shape);
    // Two convolutions with scale and shift of their normalization, the classifier, and the moving statistics.
    expect(shapes.slice(0, 8)).toEqual([[3, 3, 1, 16], [16], [16], [3, 3, 16, 32], [32], [32], [32, 3], [3]]);
    expect(shapes.slice(8)).toEqual([[16], [16], [32], [32]]);
    expect(Buffer.from(first.probe.labels, 'base64')).toHaveLength(18);
  });

  test('serves the page after training until Ctrl-C', async () => {
    const folder = temporaryFolder();
    writeIdxPair(folder, 't10k-', manyLabels);
    const program = digits(['--data', '.', '--epochs', '1'], folder);
    await program.says(/Training has ended; the dashboard stays up until Ctrl-C/);
    const [, url] = await program.says(URL_LINE);
    expect((await fetch(url!, { redirect: 'manual' })).status).toBeLessThan(400);
    program.process.kill('SIGINT');
    const { code, signal } = await program.ended;
    expect(signal ?? code).toBe(signal ? 'SIGINT' : 0);
  });

  test('Ctrl-C during training ends it early, shows the outcome and closes the run', async () => {
    const folder = temporaryFolder();
    writeIdxPair(folder, 't10k-', manyLabels);
    const program = digits(['--data', '.', '--epochs', '100000', '--imbalance', '1'], folder);
    await program.says(URL_LINE);
    program.process.kill('SIGINT');
    const { code, out, err } = await program.ended;
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toMatch(/^2 +24 +6 +\d+\.\d %$/m);
  });

  test('trains on CIFAR-10 files, with the names of their classes', async () => {
    const folder = temporaryFolder();
    const labels = Array.from({ length: 60 }, (_, i) => i % 10);
    writeFileSync(join(folder, 'data_batch_1.bin.gz'), gzipSync(cifarBytes(labels)));
    writeFileSync(join(folder, 'test_batch.bin'), cifarBytes(labels));
    const { code, out, err } = await digits(['--once', '--data', '.', '--imbalance', '3', '--epochs', '1'], folder)
      .ended;
    expect(code, err).toBe(0);
    expect(out).toMatch(/^Classes: airplane \(6\), .*, truck \(2\)\.$/m);
  });
});

describe('bad input ends the digits example with one sentence and code 2, before training starts:', () => {
  const cases: [string, (folder: string) => readonly string[], RegExp][] = [
    ['an unknown option', () => ['--epoch', '3'], /^Unknown option --epoch: did you mean --epochs\?\n$/],
    ['a folder without data', (folder) => ['--data', folder], /^--data: expected IDX files .* got none in .*\n$/],
    [
      'a truncated file',
      (folder) => {
        writeIdxPair(folder, 't10k-', [0, 1, 2]);
        writeFileSync(join(folder, 't10k-images-idx3-ubyte'), idxBytes([3, 2, 2], [0, 0, 0, 0]));
        return ['--data', folder];
      },
      /^t10k-images-idx3-ubyte: expected 28 bytes for 3 x 2 x 2 values, got 20; .* get it again\.\n$/,
    ],
    [
      'a wrong magic number',
      (folder) => {
        writeIdxPair(folder, 't10k-', [0, 1, 2]);
        writeFileSync(join(folder, 't10k-labels-idx1-ubyte'), 'PK34');
        return ['--data', folder];
      },
      /^t10k-labels-idx1-ubyte: expected the magic number .* got 504b3334; give .*\n$/,
    ],
    [
      'images of one class only',
      (folder) => {
        writeIdxPair(folder, 't10k-', [1, 1, 1, 1]);
        return ['--data', folder];
      },
      /^--data: expected images of at least 2 classes, .*\n$/,
    ],
  ];
  test.each(cases)('%s', async (_, prepare, sentence) => {
    const folder = temporaryFolder();
    const { code, out, err } = await digits(['--once', ...prepare(folder)], folder).ended;
    expect(err).toMatch(sentence);
    expect(code).toBe(2);
    expect(out).not.toContain('Dashboard');
    expect(existsSync(join(folder, 'runs'))).toBe(false);
  });

  test('a file for the outcome that cannot be written', async () => {
    const folder = temporaryFolder();
    const { code, err } = await digits(['--once', '--drawn', '--save', join('no', 'file')], folder).ended;
    expect(err).toMatch(/^--save: expected a file that can be written, got "ENOENT.*"; give another path\.\n$/);
    expect(code).toBe(2);
  });

  test('a log directory that cannot be written', async () => {
    const folder = temporaryFolder();
    writeIdxPair(folder, 't10k-', manyLabels);
    writeFileSync(join(folder, 'runs'), 'a file in its place');
    const { code, err } = await digits(['--once', '--data', '.'], folder).ended;
    expect(err).toMatch(/^[^\n]*runs[^\n]*\n$/);
    expect(code).toBe(2);
  });
});

function realDigits(): void {
  test('a test pair alone is split 80/20 by class before the imbalance is cut', async () => {
    const data = await loadDataSet({ folder: MNIST, drawn: false, imbalance: 100, seed: 1 });
    expect(data.probe.shape).toEqual([28, 28, 1]);
    expect(countClasses(data.train.labels, 10)).toEqual([784, 470, 282, 169, 101, 61, 36, 22, 13, 8]);
    expect(Math.min(...countClasses(data.probe.labels, 10))).toBe(100);
  });

  test('a file of it that is cut off, packed or not, is named', async () => {
    const folder = temporaryFolder();
    const [images, labels] = ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'] as const;
    const whole = gunzipSync(readFileSync(join(MNIST, `${images}.gz`)));
    writeFileSync(join(folder, images), whole.subarray(0, 1_000_000));
    writeFileSync(join(folder, `${labels}.gz`), readFileSync(join(MNIST, `${labels}.gz`)));
    const load = () => loadDataSet({ folder, drawn: false, imbalance: 100, seed: 1 });
    await expect(load()).rejects.toThrow(/expected 7840016 bytes for 10000 x 28 x 28 values, got 1000000/);
  });

  test('the example learns it, and the frequent classes better than the rare ones', async () => {
    const { code, out, err } = await digits(['--once', '--data', MNIST, '--epochs', '4'], temporaryFolder()).ended;
    expect(code, err).toBe(0);
    const recall = [...out.matchAll(/^\d +\d+ +\d+ +(\d+\.\d) %$/gm)].map((match) => Number(match[1]));
    expect(recall[0]).toBeGreaterThan(95);
    expect(recall[9]).toBeLessThan(20);
  });
}

// The real digits are no part of the project; where they lie beside it they are used.
if (existsSync(MNIST)) describe('real MNIST', realDigits);
else console.log(`No MNIST at ${MNIST}: the tests on it are left out.`);
