import { beforeAll, describe, expect, test } from 'vitest';
import { registerTrainingKernels } from '../../../src/wasm/index.ts';
import { expectRefused, expectRight, product, type RawNet, values, weight } from '../../support/raw-loop.ts';
import { tf, wasm } from '../../support/tensorflow.ts';

beforeAll(async () => {
  await wasm();
  registerTrainingKernels(tf);
});

const LABELS = [0, 1, 0, 2, 0, 1];
const B = LABELS.length;
const CLASSES = 3;

interface Parts {
  readonly x: tf.Tensor;
  readonly first: tf.Variable;
  readonly last: tf.Variable;
  readonly extra: tf.Variable;
}

/** Two dense layers and one more weight, of a shape of its own. */
function net(logits: (parts: Parts) => tf.Tensor, shape: number[] = [], more: Partial<RawNet> = {}): RawNet & Parts {
  const [first, last, extra] = [weight('first', [5, 4], 1), weight('last', [4, CLASSES], 2), weight('extra', shape, 3)];
  const parts = { x: values([B, 5], 4), first, last, extra };
  const all = { labels: LABELS, classes: CLASSES, weights: [first, last, extra], ...more };
  return { ...parts, ...all, logits: () => logits(parts) as tf.Tensor2D };
}

const hidden = ({ x, first }: Parts) => tf.tanh(product(x, first));
const plain = (parts: Parts) => product(hidden(parts), parts.last);
const into = (kernel: string) => new RegExp(`a function of it goes into ${kernel}`);

describe('a weight that data meets only as a function of it is refused', () => {
  test('weight normalization', async () => {
    const one = net(({ x, first, extra, last }) => {
      return product(tf.tanh(product(x, tf.mul(tf.div(first, tf.norm(first)), extra))), last);
    });
    await expectRefused(one, [one.first, one.extra], into('\\w+'));
  });

  test('a softplus, times the features', async () => {
    const one = net((parts) => product(tf.mul(hidden(parts), tf.softplus(parts.extra)), parts.last), [4]);
    await expectRefused(one, [one.extra], into('Multiply'));
  });

  test('one number of it, added to features', async () => {
    const one = net((parts) => product(tf.add(hidden(parts), tf.softplus(parts.extra)), parts.last));
    await expectRefused(one, [one.extra], into('Add'));
  });

  test('one number of it, subtracted from logits', async () => {
    const one = net((parts) => tf.sub(plain(parts), tf.square(parts.extra)));
    await expectRefused(one, [one.extra], into('Sub'));
  });

  test('a product of two weights', async () => {
    const one = net(({ x, first, extra, last }) => product(product(x, product(first, extra)), last), [4, 4]);
    await expectRefused(one, [one.first, one.extra], into('\\w+'));
  });

  test('a factor of the whole loss', async () => {
    const one = net(plain);
    const scaled = { ...one, scaled: (loss: tf.Tensor) => tf.mul(loss, tf.exp(tf.neg(one.extra))) };
    await expectRefused(scaled, [one.extra], into('Multiply'));
  });
});

describe('what is made of weights alone and added to the loss belongs to no class', () => {
  const square = (of: tf.Tensor) => tf.sum(tf.square(of));
  const penalties: [string, (parts: Parts) => tf.Tensor][] = [
    ['a hand-written L2', ({ first }) => tf.mul(0.1, square(first))],
    ['of several weights', ({ first, last, extra }) => tf.addN([square(first), square(last), square(extra)])],
    ['a product of weights', ({ first, extra }) => tf.sum(tf.square(product(first, extra)))],
    [
      'L1 and L2, one after the other',
      ({ last }) => tf.add(tf.sum(tf.abs(last)), tf.mul(tf.scalar(0.01), square(last))),
    ],
    ['a norm', ({ last }) => tf.norm(last)],
    ['of a part of it', ({ first }) => square(tf.slice(first, [1, 0], [2, 4]))],
  ];
  const wide = (parts: Parts) => product(tf.tanh(product(hidden(parts), parts.extra)), parts.last);

  test.each(penalties)('%s', async (_, penalty) => {
    const one = net(wide, [4, 4]);
    const seen = await expectRight({ ...one, penalty: () => penalty(one) as tf.Scalar });
    expect([seen.coverage, seen.sentences]).toEqual([1, []]);
  });

  test('also where the loss of every example gets it', async () => {
    const one = net(wide, [4, 4]);
    const scaled = (losses: tf.Tensor) => tf.add(losses, tf.mul(0.1, square(one.first)));
    const reference = await expectRight({ ...one, shifted: scaled });
    expect([reference.coverage, reference.sentences]).toEqual([1, []]);
  });

  test('also in a batch of one example', async () => {
    const one = net(plain, [], { labels: [1] });
    const logits = () => product(tf.tanh(product(tf.slice(one.x, [0, 0], [1, 5]), one.first)), one.last);
    const seen = await expectRight({
      ...one,
      weights: [one.first, one.last],
      logits,
      penalty: () => square(one.last) as tf.Scalar,
    });
    expect([seen.coverage, seen.sentences]).toEqual([1, []]);
  });
});

describe('a weight that is used several times is right', () => {
  const uses: [string, number[], (parts: Parts) => tf.Tensor][] = [
    [
      'twice in a row',
      [4, 4],
      (parts) => product(product(tf.tanh(product(hidden(parts), parts.extra)), parts.extra), parts.last),
    ],
    [
      'there, and back through its transpose',
      [4, 2],
      (parts) => {
        const back = tf.matMul(product(hidden(parts), parts.extra), parts.extra as unknown as tf.Tensor2D, false, true);
        return product(back, parts.last);
      },
    ],
    [
      'in another shape',
      [2, 8],
      (parts) => {
        const turns = [tf.reshape(parts.extra, [4, 4]), tf.reshape(parts.extra, [4, 4])];
        return product(
          turns.reduce((h, turn) => tf.tanh(product(h, turn)), hidden(parts) as tf.Tensor),
          parts.last,
        );
      },
    ],
    [
      'in parts, one after the other',
      [4, 8],
      (parts) => {
        const [left, right] = tf.split(parts.extra, 2, 1);
        return product(product(tf.tanh(product(hidden(parts), left!)), right!), parts.last);
      },
    ],
    [
      'in parts, each of them twice',
      [4, 8],
      (parts) => {
        const [left, right] = tf.split(parts.extra, 2, 1);
        const round = (h: tf.Tensor) => tf.tanh(product(tf.tanh(product(h, left!)), right!));
        return product(round(round(hidden(parts))), parts.last);
      },
    ],
    [
      'in parts, taken apart anew at every use',
      [4, 8],
      (parts) => {
        const round = (h: tf.Tensor) => {
          const [left, right] = tf.split(parts.extra, 2, 1);
          return tf.tanh(product(tf.tanh(product(h, left!)), right!));
        };
        return product(round(round(hidden(parts))), parts.last);
      },
    ],
    [
      'as a bias of several layers',
      [4],
      (parts) =>
        product(tf.tanh(tf.add(tf.add(hidden(parts), parts.extra), tf.mul(hidden(parts), parts.extra))), parts.last),
    ],
  ];
  test.each(uses)('%s', async (_, shape, logits) => {
    const one = net(logits, shape);
    expect((await expectRight(one)).coverage).toBe(1);
  });

  test('as a table by two columns of indices, it is refused', async () => {
    const rows = [11, 12].map((seed) => tf.tidy(() => tf.cast(tf.mul(tf.abs(values([B], seed)), 6.9), 'int32')));
    const one = net(
      (parts) => {
        const [left, right] = rows.map((ids) => tf.gather(parts.extra, ids));
        return product(tf.add(hidden(parts), tf.mul(left!, right!)), parts.last);
      },
      [7, 4],
    );
    await expectRefused(one, [one.extra], /the gradient of GatherV2 could not be split by class/);
  });

  test('whole and in parts, it is refused: nobody adds these up', async () => {
    const one = net(
      (parts) => {
        const [left, right] = tf.split(product(hidden(parts), parts.extra), 2, 1);
        const [first, second] = tf.split(parts.extra, 2, 1);
        return product(
          tf.add(product(left!, tf.transpose(first!)), product(right!, tf.transpose(second!))),
          parts.last,
        );
      },
      [4, 8],
    );
    await expectRefused(
      one,
      [one.extra],
      /it is transposed more than once|it is used transposed and not|do not add up/,
    );
  });

  test('turned round and not, it is refused', async () => {
    const one = net(
      (parts) => {
        const back = tf.transpose(parts.extra as unknown as tf.Tensor2D);
        return product(product(product(hidden(parts), parts.extra), back), parts.last);
      },
      [4, 2],
    );
    await expectRefused(one, [one.extra], /it is used transposed and not/);
  });

  test('turned round only, it is right, and so is its product with the update', async () => {
    const one = net(
      (parts) => {
        const turned = tf.transpose(parts.extra as unknown as tf.Tensor2D);
        return product(product(hidden(parts), turned), parts.last);
      },
      [4, 4],
    );
    const seen = await expectRight(one);
    expect(seen.coverage).toBe(1);
    const { along, alongUpdate } = seen.steps[0]!.gradients;
    // One step of gradient descent at rate 0.1.
    Array.from(along).forEach((value, c) => {
      expect(alongUpdate![c]! / (0.1 * value)).toBeCloseTo(1, 4);
    });
  });
});

describe('steps that are wired otherwise than the one before', () => {
  test('two weights of one shape that take turns are told apart', async () => {
    const [a, b, last, x] = [
      weight('a', [4, 4], 1),
      weight('b', [4, 4], 2),
      weight('last', [4, 3], 3),
      values([B, 4], 4),
    ];
    const order = [a, b];
    const logits = () =>
      product(
        order.reduce<tf.Tensor>((h, by) => tf.tanh(product(h, by)), x),
        last,
      );
    const before = (at: number) => void order.splice(0, 2, ...(at % 2 === 0 ? [a, b] : [b, a]));
    const one = { labels: LABELS, classes: CLASSES, weights: [a, b, last], logits, before };
    expect((await expectRight(one, { numSteps: 6 })).coverage).toBe(1);
  });

  test('a weight that only some steps use', async () => {
    const at = { step: 0 };
    const one = net(
      (parts) => {
        const more = at.step % 3 === 1 ? hidden(parts) : tf.tanh(product(hidden(parts), parts.extra));
        return product(more, parts.last);
      },
      [4, 4],
      { before: (step) => void Object.assign(at, { step }) },
    );
    expect((await expectRight(one, { numSteps: 6 })).coverage).toBe(1);
  });

  test('batches of many sizes', async () => {
    const sizes = [6, 3, 1, 5, 2, 4, 6, 3];
    const at = { step: 0 };
    const one = net(plain, [], { before: (step) => void Object.assign(at, { step }) });
    const some = {
      ...one,
      weights: [one.first, one.last],
      get labels() {
        return LABELS.slice(0, sizes[at.step]);
      },
      logits: () => product(tf.tanh(product(tf.slice(one.x, [0, 0], [sizes[at.step]!, 5]), one.first)), one.last),
    };
    expect((await expectRight(some, { numSteps: sizes.length })).coverage).toBe(1);
  });
});
