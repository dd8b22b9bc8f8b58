import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ClassGradients } from '../../../src/capture/gradients/class-gradients.ts';
import { generator } from '../../support/generator.ts';
import {
  expectRight,
  gradientOfLoss,
  product,
  type RawNet,
  values,
  watchLoop,
  weight,
} from '../../support/raw-loop.ts';
import { tf, wasm } from '../../support/tensorflow.ts';

interface Shape {
  readonly widths: readonly number[];
  readonly classes: number;
  readonly examples: number;
  /** Classes that occur: all labels are among the first ones, or anywhere. */
  readonly present: number;
  readonly seed: number;
  readonly strays: boolean;
}

const shapes = fc.record({
  widths: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
  classes: fc.oneof(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 20, max: 60 })),
  examples: fc.integer({ min: 1, max: 40 }),
  present: fc.integer({ min: 1, max: 60 }),
  seed: fc.integer({ min: 1, max: 1e6 }),
  strays: fc.boolean(),
});

function netOf({ widths, classes, examples, present, seed, strays }: Shape): RawNet {
  const random = generator(seed);
  const some = Array.from({ length: Math.min(present, classes) }, () => Math.floor(random() * classes));
  const labels = Array.from({ length: examples }, () =>
    strays && random() < 0.2 ? classes + 3 : some[Math.floor(random() * some.length)]!,
  );
  const sizes = [...widths, classes];
  const layers = sizes.slice(1).map((width, i) => ({
    kernel: weight(`kernel ${i}`, [sizes[i]!, width], seed + 2 * i),
    bias: weight(`bias ${i}`, [width], seed + 2 * i + 1),
  }));
  const x = values([examples, widths[0]!], seed + 99);
  const logits = () =>
    layers.reduce<tf.Tensor>((h, { kernel, bias }, i) => {
      const z = tf.add(product(h, kernel), bias);
      return i === layers.length - 1 ? z : tf.tanh(z);
    }, x) as tf.Tensor2D;
  return { weights: layers.flatMap(({ kernel, bias }) => [kernel, bias]), labels, classes, logits };
}

/** What is true of every class Gram, whatever it is of; differences in units of the largest entry. */
function expectGram({ present, counts, gram, total, squares, layerSquares, layers }: ClassGradients): void {
  const size = present.length;
  const classes = [...present.keys()];
  const diagonal = classes.map((a) => gram[a * size + a]!);
  const scale = Math.max(...diagonal, 1e-12);
  const most = (differences: readonly number[]) => Math.max(0, ...differences) / scale;
  const pairs = classes.flatMap((a) => classes.map((b) => [a, b] as const));
  expect(Math.min(0, ...diagonal)).toBe(0);
  expect(most(pairs.map(([a, b]) => Math.abs(gram[a * size + b]! - gram[b * size + a]!)))).toBeLessThan(1e-6);
  const excess = pairs.map(([a, b]) => Math.abs(gram[a * size + b]!) - Math.sqrt(diagonal[a]! * diagonal[b]!));
  expect(most(excess), 'no product is larger than that of the norms').toBeLessThan(1e-5);
  // |sum of n vectors|^2 <= n times the sum of their squares.
  if (squares !== null) expect(most(diagonal.map((one, a) => one - counts[a]! * squares[a]!))).toBeLessThan(1e-5);
  const ofLayers = (a: number) => layers.reduce((sum, _, layer) => sum + (layerSquares[layer * size + a] ?? 0), 0);
  expect(most(diagonal.map((one, a) => Math.abs(one - ofLayers(a))))).toBeLessThan(1e-5);
  expect(total).toBeGreaterThanOrEqual(-1e-5 * scale);
}

/** Without strays, <g_c, g> is the sum of a row, and |g|^2 that of all. */
function expectSums({ present, gram, along, total }: ClassGradients, net: RawNet): void {
  const size = present.length;
  const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
  const rows = Array.from(present, (_, a) => sum(gram.slice(a * size, (a + 1) * size)));
  const scale = Math.max(...gram.map(Math.abs), 1e-12);
  const square = sum(gradientOfLoss(net).map((value) => value ** 2));
  const differences = [...rows.map((row, a) => row - along[a]!), sum(rows) - total, total - square];
  expect(Math.max(...differences.map(Math.abs)) / scale).toBeLessThan(1e-5);
}

describe.each([
  { backend: 'wasm', runs: 25 },
  { backend: 'cpu', runs: 8 },
])('class Grams of random networks and batches, on $backend', ({ backend, runs }) => {
  beforeEach(async () => {
    await wasm();
    await tf.setBackend(backend);
  });

  test('are those of one backward pass per example, and have what every Gram has', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const net = netOf(shape);
        const { steps, coverage } = await expectRight(net);
        expect(coverage).toBe(1);
        for (const { gradients } of steps) expectGram(gradients);
        tf.dispose([...net.weights]);
      }),
      { numRuns: runs },
    );
  });

  test('add up to the gradient where every example has a class', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const net = netOf({ ...shape, strays: false });
        const still = { numSteps: 1, make: () => tf.train.sgd(0) };
        const { steps } = await watchLoop(net, still);
        expectSums(steps[0]!.gradients, net);
        tf.dispose([...net.weights]);
      }),
      { numRuns: runs },
    );
  });
});

describe.each(['wasm', 'cpu'])('the ends of the scale, on %s', (backend) => {
  beforeEach(async () => {
    await wasm();
    await tf.setBackend(backend);
  });
  const base = { widths: [6, 5], classes: 4, examples: 12, present: 4, seed: 7, strays: false };

  test.each([
    ['one example', { examples: 1 }],
    ['one class only', { present: 1 }],
    ['more classes than examples', { classes: 50, present: 50 }],
    ['a thousand classes', { classes: 1000, present: 1000, examples: 30 }],
    ['a layer of one unit', { widths: [6, 1, 3] }],
    ['examples without a class only', { strays: true, seed: 3, examples: 2 }],
  ])('%s', async (_, more) => {
    const { steps, coverage } = await expectRight(netOf({ ...base, ...more }));
    expect(coverage).toBe(1);
    for (const { gradients } of steps) expectGram(gradients);
  });

  test('of a thousand classes only those of the batch are there', async () => {
    const net = netOf({ ...base, classes: 1000, present: 20, examples: 30 });
    const { steps } = await watchLoop(net);
    const labels = [...new Set(net.labels)].sort((a, b) => a - b);
    for (const { gradients } of steps) {
      expect(Array.from(gradients.present)).toEqual(labels);
      expect(gradients.gram).toHaveLength(labels.length ** 2);
    }
  });
});
