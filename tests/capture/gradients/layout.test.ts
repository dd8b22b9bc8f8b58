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

type Middle = (h: tf.Tensor2D) => tf.Tensor;

/** Two dense layers, with whatever comes between them. */
function around(middle: Middle, width = 4): RawNet {
  const [first, last, x] = [weight('first', [5, 4], 1), weight('last', [width, CLASSES], 2), values([B, 5], 3)];
  const logits = () => product(middle(tf.tanh(product(x, first))), last);
  return { labels: LABELS, classes: CLASSES, weights: [first, last], logits };
}

const nobody = /the examples could not be followed to the predictions/;
const unsplit = /the gradient of \w+ could not be split by class/;

/** A recurrent net by hand, over [B, times, 5] or [times, B, 5]. */
function recurrent(times: number, isTimeFirst: boolean): RawNet {
  const [input, recur, last] = [
    weight('input', [5, 4], 1),
    weight('recur', [4, 4], 2),
    weight('last', [4, CLASSES], 3),
  ];
  const x = values([...(isTimeFirst ? [times, B] : [B, times]), 5], 7);
  const logits = () => {
    const projected = tf.reshape(product(tf.reshape(x, [-1, 5]), input), [x.shape[0]!, x.shape[1]!, 4]);
    let state = tf.zeros([B, 4]);
    for (const at of tf.unstack(isTimeFirst ? projected : tf.transpose(projected, [1, 0, 2]))) {
      state = tf.tanh(tf.add(at, product(state, recur)));
    }
    return product(state, last);
  };
  return { labels: LABELS, classes: CLASSES, weights: [input, recur, last], logits };
}

describe('a recurrent net over as many time steps as examples, more, or fewer', () => {
  test.each([3, B, 2 * B])('with examples first is right: %i', async (times) => {
    expect((await expectRight(recurrent(times, false))).coverage).toBe(1);
  });

  test('with time first is refused where as many steps as examples leave open which is which', async () => {
    const net = recurrent(B, true);
    await expectRefused(net, net.weights, nobody);
  });

  test.each([3, 2 * B])('with time first gives up the weights that meet all times at once: %i', async (times) => {
    const net = recurrent(times, true);
    await expectRefused(net, [net.weights[0]!], unsplit);
  });

  test.each([3, B])('of tfjs, over %i time steps, goes through time first inside and is right', async (times) => {
    const cell = tf.layers.lstmCell({ units: 4 });
    const model = tf.sequential({
      layers: [
        tf.layers.rnn({ cell, returnSequences: true, inputShape: [times, 5] }),
        tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 3, activation: 'tanh' }) }),
        tf.layers.globalAveragePooling1d({}),
        tf.layers.dense({ units: CLASSES }),
      ],
    });
    const x = values([B, times, 5], 7);
    const weights = model.trainableWeights.map((one) => one.read() as tf.Variable);
    const logits = () => model.apply(x, { training: true }) as tf.Tensor2D;
    expect((await expectRight({ labels: LABELS, classes: CLASSES, weights, logits })).coverage).toBe(1);
  });
});

describe('several inputs through one weight', () => {
  const siamese = (both: (first: tf.Variable, a: tf.Tensor, b: tf.Tensor) => tf.Tensor): RawNet => {
    const [first, last] = [weight('first', [5, 4], 1), weight('last', [4, CLASSES], 2)];
    const [a, b] = [values([B, 5], 3), values([B, 5], 4)];
    return { labels: LABELS, classes: CLASSES, weights: [first, last], logits: () => product(both(first, a, b), last) };
  };

  test('put together along the batch and split again are right', async () => {
    const net = siamese((first, a, b) => {
      const [left, right] = tf.split(tf.tanh(product(tf.concat([a, b], 0), first)), 2);
      return tf.squaredDifference(left!, right!);
    });
    expect((await expectRight(net)).coverage).toBe(1);
  });

  test('put together along the batch and cut out again are right', async () => {
    const net = siamese((first, a, b) => {
      const all = tf.tanh(product(tf.concat([a, b], 0), first));
      return tf.sub(tf.slice(all, [B, 0], [B, 4]), tf.slice(all, [0, 0], [B, 4]));
    });
    expect((await expectRight(net)).coverage).toBe(1);
  });

  test('stacked in front are right', async () => {
    const net = siamese((first, a, b) => {
      const all = tf.tanh(product(tf.reshape(tf.stack([a, b]), [2 * B, 5]), first));
      return tf.sum(tf.reshape(all, [2, B, 4]), 0);
    });
    expect((await expectRight(net)).coverage).toBe(1);
  });

  test('cut apart elsewhere than between them are refused', async () => {
    const net = siamese((first, a, b) => {
      const all = tf.tanh(product(tf.concat([a, b], 0), first));
      return tf.slice(all, [2, 0], [B, 4]);
    });
    await expectRefused(net, net.weights, nobody);
  });
});

describe('examples that change places inside of the model are refused, all weights of it', () => {
  const order = () => tf.tensor1d([3, 1, 5, 0, 2, 4], 'int32');
  const scrambles: [string, Middle][] = [
    ['gather', (h) => tf.gather(h, order())],
    ['reverse', (h) => tf.reverse(h, 0)],
    ['a slice past the first', (h) => tf.concat([tf.slice(h, [1, 0], [B - 1, 4]), tf.slice(h, [0, 0], [1, 4])], 0)],
    ['split and put together otherwise', (h) => tf.concat(tf.split(h, 2).reverse(), 0)],
    ['a shuffled part of it added', (h) => tf.add(h, tf.mul(0.1, tf.gather(h, order())))],
    ['every example twice', (h) => tf.slice(tf.tile(h, [2, 1]), [0, 0], [B, 4])],
    [
      'padding in front',
      (h) =>
        tf.slice(
          tf.pad(h, [
            [B, 0],
            [0, 0],
          ]),
          [B, 0],
          [B, 4],
        ),
    ],
    ['einsum with the example behind', (h) => tf.reshape(tf.einsum('bi->ib', h), [B, 4])],
    ['examples for features', (h) => tf.reshape(tf.transpose(h), [B, 4])],
    [
      'space to batch',
      (h) =>
        tf.reshape(
          tf.spaceToBatchND(
            tf.reshape(h, [B, 2, 2, 1]),
            [2, 2],
            [
              [0, 0],
              [0, 0],
            ],
          ),
          [B, 4],
        ),
    ],
  ];
  test.each(scrambles)('%s', async (_, middle) => {
    const net = around(middle);
    await expectRefused(net, net.weights, nobody);
  });

  test('data that is turned round inside', async () => {
    const [first, last, x] = [weight('first', [5, 4], 1), weight('last', [4, CLASSES], 2), values([B, 5], 3)];
    const turned = () => tf.stridedSlice(x, [0, 0], [0, 0], [-1, 1], 0b11, 0b11);
    const logits = () => product(tf.tanh(product(turned(), first)), last);
    const one = { labels: LABELS, classes: CLASSES, weights: [first, last], logits };
    await expectRefused(one, one.weights, nobody);
  });

  test('also where other predictions are shown than those that the loss is made of', async () => {
    const net = around((h) => tf.gather(h, order()));
    await expectRefused({ ...net, shown: tf.softmax }, net.weights, nobody);
  });
});

describe('moves that keep the examples in their places are right', () => {
  const moves: [string, Middle][] = [
    ['gather along features', (h) => tf.gather(h, tf.tensor1d([3, 1, 2, 0], 'int32'), 1)],
    ['reverse along features', (h) => tf.reverse(h, 1)],
    ['slice of features', (h) => tf.concat([tf.slice(h, [0, 2], [B, 2]), tf.slice(h, [0, 0], [B, 2])], 1)],
    ['unstack and stack of features', (h) => tf.stack(tf.unstack(h, 1), 1)],
    ['there and back again', (h) => tf.transpose(tf.transpose(h))],
    ['a softmax over the features, times them', (h) => tf.mul(h, tf.softmax(h))],
    ['features less their mean', (h) => tf.sub(h, tf.mean(h, 1, true))],
    ['einsum with the example in front', (h) => tf.einsum('bi,bj->bij', h, h).sum(1)],
  ];
  test.each(moves)('%s', async (_, middle) => {
    expect((await expectRight(around(middle))).coverage).toBe(1);
  });

  test('values out of a table by the labels of the examples', async () => {
    const table = values([9, 4], 5);
    const rows = tf.tensor1d([8, 0, 3, 3, 1, 6], 'int32');
    expect((await expectRight(around((h) => tf.mul(h, tf.gather(table, rows))))).coverage).toBe(1);
  });
});

describe('what has as many rows as the batch by chance', () => {
  const net = (weights: tf.Variable[], logits: () => tf.Tensor): RawNet => {
    return { labels: LABELS, classes: CLASSES, weights, logits: logits as () => tf.Tensor2D };
  };
  const data = () => values([B, 5], 3);
  const classifier = (width: number) => weight('last', [width, CLASSES], 2);

  test('a scale times statistics of the batch is refused: they belong to no example', async () => {
    const [first, scale, last] = [weight('first', [5, B], 1), weight('scale', [B], 4), classifier(B)];
    const [x, projection] = [data(), values([5, B], 6)];
    const logits = () => {
      const { variance } = tf.moments(product(x, projection), 0);
      return product(tf.mul(product(x, first), tf.mul(scale, tf.rsqrt(tf.add(variance, 0.1)))), last);
    };
    await expectRefused(net([first, scale, last], logits), [scale], unsplit);
  });

  test('products with the features in front are refused', async () => {
    const [first, bias, last] = [
      weight('first', [B, 5], 1),
      weight('bias', [B, 1], 4),
      weight('last', [CLASSES, B], 2),
    ];
    const x = data();
    const logits = () => {
      const hidden = tf.tanh(tf.add(tf.matMul(first as unknown as tf.Tensor2D, x as tf.Tensor2D, false, true), bias));
      return tf.transpose(product(last, hidden));
    };
    const all = net([first, bias, last], logits);
    await expectRefused(all, all.weights, nobody);
  });

  test('a product with the features in front, turned back at once, is refused, and what follows is right', async () => {
    const [first, last, x] = [weight('first', [2 * B, 5], 1), classifier(2 * B), data()];
    const logits = () => {
      const turned = tf.matMul(first as unknown as tf.Tensor2D, x as tf.Tensor2D, false, true);
      return product(tf.tanh(tf.transpose(turned)), last);
    };
    await expectRefused(net([first, last], logits), [first], unsplit);
  });

  test('a weight under a mask is refused', async () => {
    const [first, last, mask] = [weight('first', [B, 4], 1), classifier(4), tf.step(values([B, 4], 9))];
    const x = values([B, B], 3);
    const logits = () => product(tf.tanh(product(x, tf.mul(first, mask))), last);
    await expectRefused(net([first, last], logits), [first], unsplit);
  });

  test.each([
    ['added', (h: tf.Tensor, at: tf.Tensor) => tf.add(h, at)],
    ['multiplied, with an axis in front', (h: tf.Tensor, at: tf.Tensor) => tf.mul(h, tf.expandDims(at))],
  ])('an embedding of positions, over as many as there are examples, is refused: %s', async (_, join) => {
    const [first, positions, last] = [weight('first', [5, 4], 1), weight('positions', [9, 4], 4), classifier(4)];
    const series = values([B, B, 5], 3);
    const logits = () => {
      const at = tf.gather(positions, tf.range(0, B, 1, 'int32'));
      return product(
        tf.mean(tf.tanh(join(tf.reshape(product(tf.reshape(series, [-1, 5]), first), [B, B, 4]), at)), 1),
        last,
      );
    };
    const why = /the same for all examples of the batch/;
    await expectRefused(net([first, positions, last], logits), [positions], why);
  });
});
