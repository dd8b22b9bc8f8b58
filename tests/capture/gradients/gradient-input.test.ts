import { beforeEach, describe, expect, test } from 'vitest';
import type { TfLike } from '../../../src/tf.ts';
import {
  expectRefused,
  expectRight,
  product,
  type RawNet,
  restore,
  step,
  values,
  valuesOf,
  type Watched,
  watchLoop,
  weight,
} from '../../support/raw-loop.ts';
import { tf, wasm } from '../../support/tensorflow.ts';

const LABELS = [0, 1, 0, 2, 0, 1];
const CLASSES = 3;
const STEPS = 3;

type Middle = (h: tf.Tensor2D, by: tf.Variable) => tf.Tensor;

/** Two dense layers with an operation on a third weight between them. */
function net(labels: readonly number[] = LABELS, middle?: Middle, shape = [4], x = values([labels.length, 5], 3)) {
  const [first, extra, last] = [weight('first', [5, 4], 1), weight('extra', shape, 4), weight('last', [4, CLASSES], 2)];
  const hidden = () => tf.tanh(product(x, first));
  const logits = () => product(middle?.(hidden(), extra) ?? hidden(), last);
  return { labels, classes: CLASSES, weights: middle ? [first, extra, last] : [first, last], logits, extra };
}

type Observe = (p: tf.Tensor, y: tf.Tensor) => tf.Tensor;

/** Trains as usual; `observe` gets to see what the user shows. Ends where it does without the monitor. */
async function showing(one: RawNet, show: (observe: Observe, p: tf.Tensor2D, y: tf.Tensor) => void): Promise<Watched> {
  const start = valuesOf(one);
  const optimizer = tf.train.sgd(0.1);
  const shown = (observe: Observe) => (p: tf.Tensor, y: tf.Tensor) => {
    show(observe, p as tf.Tensor2D, y);
    return p;
  };
  for (let i = 0; i < STEPS; i++)
    step(
      one,
      optimizer,
      shown((p) => p),
    );
  const end = valuesOf(one);
  restore(one, start);
  const seen = await watchLoop(one, { numSteps: STEPS, observing: shown });
  expect(valuesOf(one)).toEqual(end);
  return seen;
}

const norms = ({ records }: Watched) =>
  records
    .filter((record) => record.kind === 'measurement' && record.metric === 'gradient-norm')
    .map((record) => (record as { values: readonly number[] }).values[0]!);

describe.each(['wasm', 'cpu'])('on %s', (backend) => {
  beforeEach(async () => {
    await wasm();
    await tf.setBackend(backend);
  });

  test('labels outside of the classes count in the gradient, in no class, and are said once', async () => {
    const { steps, sentences } = await expectRight(net([0, 3, 1, -1, 0, 7]));
    expect(Array.from(steps[0]!.gradients.counts)).toEqual([2, 1]);
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toMatch(
      /^classwatch: Expected labels between 0 and 2 in the training batches, got others, 3 the first of them:/,
    );
  });

  test('a batch of one example', async () => {
    const { coverage, sentences } = await expectRight(net([1]));
    expect([coverage, sentences]).toEqual([1, []]);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])(
    '%d in the input is recorded as NaN, and nothing is given up',
    async (odd) => {
      const x = values([6, 5], 3);
      const rows = x.arraySync() as number[][];
      rows[3]![1] = odd;
      const { weights, ...one } = net();
      const logits = () => product(product(tf.tensor2d(rows), weights[0]!), weights[1]!);
      const { steps, coverage, sentences } = await showing({ ...one, weights, logits }, (observe, p, y) =>
        observe(p, y),
      );
      expect([coverage, sentences]).toEqual([1, []]);
      const { gradients } = steps[0]!;
      expect(Array.from(gradients.counts)).toEqual([3, 2, 1]);
      expect(gradients.total).toBeNaN();
      // The only example of class 2.
      expect(gradients.gram[2 * CLASSES + 2]).toBeNaN();
      expect(steps.at(-1)!.gradients.gram.every(Number.isNaN)).toBe(true);
    },
  );

  describe('an operation of the user', () => {
    /** x * w by hand, in whatever layout. */
    const custom = (
      forward: (x: tf.Tensor, w: tf.Tensor) => tf.Tensor,
      backward: (dy: tf.Tensor, x: tf.Tensor, w: tf.Tensor) => tf.Tensor[],
    ) =>
      tf.customGrad((...inputs) => {
        const [x, w, save] = inputs as unknown as [tf.Tensor, tf.Tensor, (tensors: tf.Tensor[]) => void];
        save([x, w]);
        const gradFunc = (dy: tf.Tensor | tf.Tensor[], saved: tf.Tensor[]) =>
          backward(dy as tf.Tensor, saved[0]!, saved[1]!);
        return { value: forward(x, w), gradFunc: gradFunc as never };
      });
    const sums = (dy: tf.Tensor, x: tf.Tensor, w: tf.Tensor) => [
      tf.mul(dy, w),
      tf.neg(tf.sum(tf.mul(tf.neg(dy), x), 0)),
    ];

    test('whose gradient no kernel sums up is asked class by class', async () => {
      const scale = custom((x, w) => tf.mul(x, w), sums);
      const { coverage, sentences, steps } = await expectRight(net(LABELS, (h, by) => scale(h, by)));
      expect([coverage, sentences]).toEqual([1, []]);
      // Of single examples nothing is known then.
      expect(steps[0]!.gradients.squares).toBeNull();
    });

    test('that turns examples round inside is refused, and the rest is right', async () => {
      const turned = custom(
        (x, w) => tf.transpose(tf.mul(x, w)),
        (dy, x, w) => sums(tf.transpose(dy), x, w),
      );
      const one = net(LABELS, (h, by) => tf.transpose(turned(h, by)));
      await expectRefused(one, one.weights, /the examples could not be followed to the predictions/);
    });

    test('whose gradient is not a sum over examples is found out by the self-check', async () => {
      const clipped = custom(
        (x, w) => tf.mul(x, w),
        (dy, x, w) => [tf.mul(dy, w), tf.neg(tf.tanh(tf.sum(tf.mul(tf.mul(dy, -9), x), 0)))],
      );
      const one = net(LABELS, (h, by) => clipped(h, by));
      const { coverage, sentences } = await watchLoop(one);
      expect(coverage).toBeCloseTo((20 + 12) / 36, 12);
      expect(sentences).toEqual([
        expect.stringMatching(/the weight extra\/\d+ are not measured: its parts do not add up/),
      ]);
    });

    test('without a gradient fails as it does without the monitor', async () => {
      const one = net(LABELS, (h, by) => tf.mul(tf.ceil(tf.topk(h, 4).values), by));
      const alone = () => step(one, tf.train.sgd(0.1), (p) => p);
      expect(alone).toThrow(/gradient function not found for TopK/);
      await expect(watchLoop(one)).rejects.toThrow(/gradient function not found for TopK/);
    });
  });

  describe('what the user shows', () => {
    const said: [string, (observe: Observe, p: tf.Tensor2D, y: tf.Tensor) => void, RegExp][] = [
      ['nothing', () => {}, /^classwatch: No labels seen: wrap the predictions/],
      [
        'several batches in one loss',
        (observe, p, y) => {
          observe(p, y);
          observe(p, y);
        },
        /^classwatch: Expected one batch in each loss function, got several: class gradients are not measured\.$/,
      ],
      [
        'predictions of every time step',
        (observe, p, y) => observe(tf.expandDims(p, 1), y),
        /^classwatch: Expected predictions of shape \[batch, 3\], got \[6, 1, 3\]: say numClasses or classNames\. /,
      ],
      [
        'predicted classes',
        (observe, p, y) => observe(tf.argMax(p, 1), y),
        /Expected predictions of shape \[batch, 3\], got \[6\]/,
      ],
      [
        'predictions of fewer examples',
        (observe, p, y) => observe(tf.slice(p, [0, 0], [4, 3]), y),
        /Expected labels of shape \[4, 3\]/,
      ],
      [
        'labels of more examples',
        (observe, p, y) => observe(p, tf.concat([y, y])),
        /Expected labels of shape \[6, 3\] .* got \[12\]/,
      ],
      [
        'labels of another number of classes',
        (observe, p, y) => observe(p, tf.oneHot(y as tf.Tensor1D, 5)),
        /Expected labels of shape \[6, 3\] .* got \[6, 5\]/,
      ],
      [
        'predictions that are gone before the loss is known',
        (observe, p, y) => {
          const clone = p.clone();
          observe(clone, y);
          clone.dispose();
        },
        /^classwatch: Expected the predictions of a batch to live until its loss is computed, got disposed ones, [^.]*: dispose them after the step\.$/,
      ],
      [
        'labels in an array',
        (observe, p) => observe(p, [0, 1, 2, 0, 1, 2] as never),
        /^classwatch: Expected the labels of a batch as a tensor, got something else, [^.]*: write monitor\.observe\(predictions, labels\) with two tensors\.$/,
      ],
      [
        'no predictions',
        (observe, _, y) => observe(undefined as never, y),
        /^classwatch: Expected the predictions of a batch as a tensor, got something else/,
      ],
      [
        'labels that are gone before the loss is known',
        (observe, p, y) => {
          const clone = y.clone();
          observe(p, clone);
          clone.dispose();
        },
        /^classwatch: Expected the labels of a batch to live until its loss is computed, got disposed ones, [^.]*: dispose them after the step\.$/,
      ],
    ];
    test.each(said)(
      '%s: one sentence, no class gradients, the norm of the gradient all the same',
      async (_, show, sentence) => {
        const seen = await showing(net(), show);
        expect(seen.sentences).toEqual([expect.stringMatching(sentence)]);
        expect(seen.steps).toEqual([]);
        expect(norms(seen).length).toBeGreaterThan(1);
        expect(norms(seen).every((norm) => norm > 0)).toBe(true);
      },
    );
  });
});

describe('where labels stay on the device', () => {
  beforeEach(wasm);
  // wasm under the name of a backend that must not be read synchronously.
  const webgl = { ...tf, getBackend: () => 'webgl' } as unknown as TfLike;

  const forms: [string, (indices: tf.Tensor1D) => tf.Tensor][] = [
    ['indices', (y) => y],
    ['indices as numbers', (y) => y.toFloat()],
    ['a column', (y) => y.reshape([-1, 1])],
    ['one-hot', (y) => tf.oneHot(y, CLASSES)],
    ['soft', (y) => tf.add(tf.mul(tf.oneHot(y, CLASSES), 0.9), 0.03)],
  ];
  test.each(forms)('%s are told apart as they are elsewhere', async (_, form) => {
    const { steps, coverage } = await expectRight({ ...net(), labelled: form }, { as: webgl });
    expect(coverage).toBe(1);
    expect(Array.from(steps[0]!.gradients.counts)).toEqual([3, 2, 1]);
  });

  test.each(forms.slice(0, 4))('%s outside of the classes are of none', async (_, form) => {
    const { steps } = await expectRight({ ...net([0, 3, 1, -1, 0, 7]), labelled: form }, { as: webgl });
    expect(Array.from(steps[0]!.gradients.counts)).toEqual([2, 1]);
  });
});
