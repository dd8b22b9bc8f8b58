import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { operationsOf } from '../../../src/capture/engine/tensors.ts';
import { type Groups, groupsOf } from '../../../src/capture/gradients/groups.ts';
import type { Offload } from '../../../src/capture/gradients/offload.ts';
import type { Piece } from '../../../src/capture/gradients/plan.ts';
import { NativeSums } from '../../../src/capture/gradients/sums/native.ts';
import type { PassFigures } from '../../../src/capture/gradients/sums/pass-sums.ts';
import { type Later, Pending } from '../../../src/capture/reading/later.ts';
import { nativeOf } from '../../../src/wasm/access.ts';
import type { Native } from '../../../src/wasm/native.ts';
import type { Simd } from '../../../src/wasm/simd-module.ts';
import { generator } from '../../support/generator.ts';
import { started } from '../../support/offload.ts';
import { distance, expectRight, type RawNet, values, weight } from '../../support/raw-loop.ts';
import { tf, wasm } from '../../support/tensorflow.ts';

/** Large enough for products of pairs, and for the bias to take part in them. */
const SHAPE = { examples: 40, classes: 20, din: 50, dout: 96, seed: 1 };
type Shape = typeof SHAPE;
const KERNEL = 0;
const BIAS = 1;
const ONE = { per: 1, blocks: false };

let native: Native;
/** Bias gradients that were added up by class. */
let classSums: ReturnType<typeof vi.fn>;
beforeAll(async () => {
  await wasm();
  native = nativeOf(tf)!;
  const { simd } = native;
  classSums = vi.fn(simd.classSums!);
  (native as { simd: Simd }).simd = { ...simd, classSums } as Simd;
  return () => {
    (native as { simd: Simd }).simd = simd;
  };
});
beforeEach(() => void classSums.mockClear());

/** Of a dense layer: x and d as the engine has them, to be disposed. */
function layer({ examples, classes, din, dout, seed }: Shape) {
  const random = generator(seed);
  // Every class is there, so far as there are examples.
  const labels = Int32Array.from({ length: examples }, (_, i) => (i < classes ? i : Math.floor(random() * classes)));
  const [x, d] = [values([examples, din], seed), values([examples, dout], seed + 1)];
  return { groups: groupsOf(labels, classes), x: x as never, d: d as never, drop: () => tf.dispose([x, d]) };
}

const piece = (size: number, uses = 1): Piece => ({ variable: 0, size, uses, turned: false, view: null });
const pieces = ({ din, dout }: Shape, uses = 1) => [piece(din * dout), piece(dout, uses)];

function sumsOf(shape: Shape, groups: Groups, offload: Offload | null = null): NativeSums {
  return new NativeSums(native, operationsOf(tf as never), pieces(shape), groups, null, offload);
}

/** The Gram of the sums of the rows of each class, and the square of each row: the bias by definition. */
function byHand(d: tf.Tensor, { rowOf, classOf }: Groups) {
  const each = d.arraySync() as number[][];
  const sums = Array.from(classOf, (_, row) => {
    return each[0]!.map((_, k) => each.reduce((sum, own, i) => sum + (rowOf[i] === row ? own[k]! : 0), 0));
  });
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, k) => sum + value * b[k]!, 0);
  return { gram: sums.flatMap((a) => sums.map((b) => dot(a, b))), squares: each.map((own) => dot(own, own)) };
}

function expectBias(figures: Later<PassFigures>, d: tf.Tensor, groups: Groups): void {
  const { gram, squares } = figures as PassFigures;
  const wanted = byHand(d, groups);
  expect(distance(gram, wanted.gram)).toBeLessThan(5e-6);
  expect(distance(squares!, wanted.squares)).toBeLessThan(5e-6);
}

/** In the order of a fused layer, or in that of one whose bias is added by itself: what is added last is differentiated first. */
const ORDERS = [
  ['right after the product', (product: () => void, sum: () => void) => [product, sum]],
  ['right before the product', (product: () => void, sum: () => void) => [sum, product]],
] as const;

const onlyBias = (one: number) => one === BIAS;

describe.each(ORDERS)('%s', (_, ordered) => {
  test('the bias takes its Gram and squares from the products of the layer, whatever the shapes', () => {
    const shapes = fc.record({
      examples: fc.integer({ min: 20, max: 48 }),
      classes: fc.integer({ min: 1, max: 60 }),
      din: fc.integer({ min: 40, max: 70 }),
      dout: fc.integer({ min: 150, max: 190 }),
      seed: fc.integer({ min: 1, max: 1e6 }),
    });
    fc.assert(
      fc.property(shapes, (shape) => {
        const { groups, x, d, drop } = layer(shape);
        const sums = sumsOf(shape, groups);
        // What an earlier layer has left must not be in it.
        const earlier = values([shape.examples, shape.dout], 1);
        sums.product(KERNEL, x, earlier as never, shape.din, shape.dout, ONE);
        const product = () => sums.product(KERNEL, x, d, shape.din, shape.dout, ONE);
        for (const one of ordered(product, () => sums.sum(BIAS, d, ONE))) one();
        expectBias(sums.finish(onlyBias), d, groups);
        earlier.dispose();
        drop();
      }),
      { numRuns: 25 },
    );
    expect(classSums).not.toHaveBeenCalled();
  });

  test('the sums of the layer are those without a bias', () => {
    const { groups, x, d, drop } = layer(SHAPE);
    const [gram, expected] = [true, false].map((withBias) => {
      const sums = sumsOf(SHAPE, groups);
      const product = () => sums.product(KERNEL, x, d, SHAPE.din, SHAPE.dout, ONE);
      for (const one of ordered(product, () => withBias && sums.sum(BIAS, d, ONE))) one();
      return sums.finish((one) => one === KERNEL);
    });
    expect(gram).toEqual(expected);
    drop();
  });
});

describe('a bias that waits for its layer', () => {
  const { din, dout } = SHAPE;

  test('keeps its tensor as long', () => {
    const { groups, x, d } = layer(SHAPE);
    const sums = sumsOf(SHAPE, groups);
    const expected = tf.mul(d, 1);
    const handle = tf.reshape(d, [SHAPE.examples, dout]);
    sums.sum(BIAS, d, ONE);
    tf.dispose(d);
    sums.product(KERNEL, x, handle as never, din, dout, ONE);
    expect(classSums).not.toHaveBeenCalled();
    expectBias(sums.finish(onlyBias), expected, groups);
    tf.dispose([x, handle, expected]);
  });

  test.each([
    ['the pass ends', (_: NativeSums) => {}],
    ['another bias comes', (sums: NativeSums) => sums.sum(2, values([SHAPE.examples, dout], 9) as never, ONE)],
    [
      'a layer with another tensor comes',
      (sums: NativeSums, x: never) => {
        return sums.product(KERNEL, x, values([SHAPE.examples, dout], 9) as never, din, dout, ONE);
      },
    ],
  ])('in vain is added up by class, even where its tensor is gone by then: %s', (_, next) => {
    tf.engine().startScope();
    const { groups, x, d } = layer(SHAPE);
    const sums = new NativeSums(native, operationsOf(tf as never), [...pieces(SHAPE), piece(dout)], groups, null, null);
    const expected = tf.mul(d, 1);
    sums.sum(BIAS, d, ONE);
    tf.dispose(d);
    // Takes the place, should it be free.
    values([SHAPE.examples, dout], 78);
    next(sums, x);
    const figures = sums.finish(onlyBias);
    expect(classSums).toHaveBeenCalled();
    expectBias(figures, expected, groups);
    tf.engine().endScope();
  });

  test('leaves no tensor behind, whether the pass ends, or fails', () => {
    const { groups, x, d, drop } = layer(SHAPE);
    const before = tf.memory().numTensors;
    for (const end of ['layer', 'finish', 'abandon']) {
      const sums = sumsOf(SHAPE, groups);
      sums.sum(BIAS, d, ONE);
      expect(tf.memory().numTensors).toBe(before + 1);
      if (end === 'layer') sums.product(KERNEL, x, d, din, dout, ONE);
      else if (end === 'finish') sums.finish(() => true);
      else sums.abandon();
      expect(tf.memory().numTensors, end).toBe(before);
      sums.abandon();
    }
    drop();
  });
});

describe('is added up by class', () => {
  const { din, dout } = SHAPE;

  test('where it is the sum of another tensor, even if that stands where the one of the layer stood', () => {
    const { groups, x, d } = layer(SHAPE);
    const sums = sumsOf(SHAPE, groups);
    sums.product(KERNEL, x, d, din, dout, ONE);
    const place = native.address(d);
    tf.dispose(d);
    const other = values([SHAPE.examples, dout], 77);
    expect(native.has(other as never) && native.address(other as never)).toBe(place);
    sums.sum(BIAS, other as never, ONE);
    expectBias(sums.finish(onlyBias), other, groups);
    expect(classSums).toHaveBeenCalledTimes(1);
    tf.dispose([x, other]);
  });

  test('where an earlier layer of the pass had this tensor, and another one came since', () => {
    const square = { ...SHAPE, din: dout };
    const { groups, x, d, drop } = layer(square);
    const sums = sumsOf(square, groups);
    sums.product(KERNEL, x, d, dout, dout, ONE);
    sums.product(KERNEL, x, x, dout, dout, ONE);
    sums.sum(BIAS, d, ONE);
    expectBias(sums.finish(onlyBias), d, groups);
    expect(classSums).toHaveBeenCalledTimes(1);
    drop();
  });

  test('where an example has several rows of it', () => {
    const { groups, x, d, drop } = layer(SHAPE);
    const sums = new NativeSums(
      native,
      operationsOf(tf as never),
      [piece(din * dout), piece(dout / 2)],
      groups,
      null,
      null,
    );
    sums.product(KERNEL, x, d, din, dout, ONE);
    const rows = tf.reshape(d, [-1, dout / 2]);
    sums.sum(BIAS, rows as never, { per: 2, blocks: false });
    expect(classSums).toHaveBeenCalledTimes(1);
    const both = tf.sum(tf.reshape(d, [SHAPE.examples, 2, dout / 2]), 1);
    expectBias(sums.finish(onlyBias), both, groups);
    tf.dispose([rows, both]);
    drop();
  });

  test('where it is used several times', () => {
    const { groups, x, d, drop } = layer(SHAPE);
    const sums = new NativeSums(native, operationsOf(tf as never), pieces(SHAPE, 2), groups, null, null);
    sums.product(KERNEL, x, d, din, dout, ONE);
    for (let use = 0; use < 2; use++) sums.sum(BIAS, d, ONE);
    expect(classSums).toHaveBeenCalledTimes(2);
    const twice = tf.mul(d, 2);
    expectBias(sums.finish(onlyBias), twice, groups);
    twice.dispose();
    drop();
  });

  test('where the passes of a step are accumulated', () => {
    const { groups, x, d, drop } = layer(SHAPE);
    const sums = new NativeSums(native, operationsOf(tf as never), pieces(SHAPE), groups, new Set(), null);
    sums.product(KERNEL, x, d, din, dout, ONE);
    sums.sum(BIAS, d, ONE);
    expect(classSums).toHaveBeenCalledTimes(1);
    const { gram } = sums.finishKept(onlyBias);
    expect(distance(gram, byHand(d, groups).gram)).toBeLessThan(5e-6);
    drop();
  });

  test('where few values and classes make that cheaper', () => {
    const shape = { ...SHAPE, classes: 2, dout: 60 };
    const { groups, x, d, drop } = layer(shape);
    const sums = sumsOf(shape, groups);
    sums.product(KERNEL, x, d, din, shape.dout, ONE);
    sums.sum(BIAS, d, ONE);
    expect(classSums).toHaveBeenCalledTimes(1);
    expectBias(sums.finish(onlyBias), d, groups);
    drop();
  });
});

describe.each(ORDERS)('with another thread, %s', (_, ordered) => {
  const shape = { examples: 96, classes: 30, din: 300, dout: 320, seed: 5 };

  function figures(offload: Offload | null, counts: (piece: number) => boolean): Later<PassFigures> {
    const { groups, x, d, drop } = layer(shape);
    const sums = sumsOf(shape, groups, offload);
    const product = () => sums.product(KERNEL, x, d, shape.din, shape.dout, ONE);
    for (const one of ordered(product, () => sums.sum(BIAS, d, ONE))) one();
    drop();
    return sums.finish(counts);
  }

  test.each([
    ['both', () => true],
    ['the bias alone', onlyBias],
    ['the layer alone', (one: number) => one === KERNEL],
  ])('the bias comes from there, bit for bit as here, where %s counts', async (_, counts) => {
    const { thread } = await started(2, 1 << 22);
    const offloaded = figures(thread, counts);
    expect(classSums).not.toHaveBeenCalled();
    if (!(offloaded instanceof Pending)) throw new Error('Expected the sums to come later.');
    await offloaded.arrived();
    expect(offloaded.take()).toEqual(figures(null, counts));
  });

  test('without room there, both come from here', async () => {
    const { thread } = await started(1, 1 << 17);
    expect(figures(thread, () => true)).toEqual(figures(null, () => true));
  });
});

describe('in training', () => {
  /** Layers as users write them: relu is never fused in training, linear ones are. */
  function net(activation: 'relu' | 'linear'): RawNet {
    const [inputs, hidden, classes] = [SHAPE.din, SHAPE.dout, SHAPE.classes];
    const sizes = [inputs, hidden, hidden, classes];
    const weights = sizes
      .slice(1)
      .flatMap((width, i) => [weight(`kernel ${i}`, [sizes[i]!, width], i + 1), weight(`bias ${i}`, [width], i + 9)]);
    const x = values([SHAPE.examples, inputs], 99) as tf.Tensor2D;
    const layer = (a: tf.Tensor2D, i: number) => {
      const [b, bias] = [weights[2 * i] as never, weights[2 * i + 1] as never];
      return tf.mul(tf.fused.matMul({ a, b, bias, activation }), 0.05) as tf.Tensor2D;
    };
    const labels = Array.from({ length: SHAPE.examples }, (_, i) => i % classes);
    return { weights, labels, classes, logits: () => layer(layer(layer(x, 0), 1), 2) };
  }
  const STEPS = 3;
  // At step 0 the class gradients are kept, to be compared with the update; the bias of the last layer has few values.
  const UNKEPT = STEPS - 1;

  test.each(['relu', 'linear'] as const)(
    'figures are right, weights those without a monitor, and biases of large layers are not added up by class: %s',
    async (activation) => {
      const one = net(activation);
      const before = tf.memory().numTensors;
      const { coverage, steps } = await expectRight(one, { numSteps: STEPS });
      expect([coverage, steps.length]).toEqual([1, STEPS]);
      expect(classSums).toHaveBeenCalledTimes(3 + UNKEPT);
      expect(tf.memory().numTensors - before).toBeLessThan(STEPS * 20);
      tf.dispose([...one.weights]);
    },
  );

  test('a bias whose layer is not trained is added up by class', async () => {
    const one = net('relu');
    const trained = one.weights.slice(1);
    const { coverage } = await expectRight({ ...one, weights: trained }, { numSteps: STEPS }, trained);
    expect(coverage).toBe(1);
    expect(classSums).toHaveBeenCalledTimes(3 + 2 * UNKEPT);
    tf.dispose([...one.weights]);
  });
});
