import { beforeAll, describe, expect, test } from 'vitest';
import { survey } from '../../../src/index.ts';
import { guessingBias } from '../../../src/theory/guessing-bias.ts';
import { tf, wasm } from '../../support/tensorflow.ts';

beforeAll(wasm);

const { layers } = tf;
const WIDTH = 64;
const EXAMPLES = 400;
let xs: tf.Tensor;
beforeAll(() => {
  xs = tf.randomNormal([EXAMPLES, WIDTH], 0, 1, 'float32', 3);
});

const he = () => tf.initializers.heNormal({});

function hidden(activation: 'relu' | 'tanh', classes: number, between: () => tf.layers.Layer[] = () => []) {
  return tf.sequential({
    layers: [
      layers.dense({ inputShape: [WIDTH], units: 512, kernelInitializer: he() }),
      ...between(),
      layers.activation({ activation }),
      layers.dense({ units: classes, activation: 'softmax', kernelInitializer: he() }),
    ],
  });
}

/** gamma of a wide hidden layer of ReLU. */
const RELU = 1 / (Math.PI - 1);

describe('gamma', () => {
  test('of a wide ReLU layer is 1 / (pi - 1) within the error of 30 x 9 means, and in its interval', async () => {
    const { evaluation } = await survey(tf, hidden('relu', 10), xs, { inits: 30 });
    expect(Math.abs(evaluation.gamma! / RELU - 1)).toBeLessThan(2.6 * Math.sqrt(2 / 270));
    const [low, high] = evaluation.gammaInterval!;
    expect(low).toBeLessThan(RELU);
    expect(high).toBeGreaterThan(RELU);
    expect(high / low).toBeLessThan(1.6);
    expect(evaluation.place(evaluation.topShares[0]!)!.low).toBeLessThanOrEqual(
      evaluation.place(evaluation.topShares[0]!)!.place,
    );
  });

  test('of tanh is about 0, although means over 400 inputs are not', async () => {
    const { evaluation } = await survey(tf, hidden('tanh', 10), xs, { inits: 20 });
    expect(evaluation.gamma!).toBeLessThan(0.002);
    expect(evaluation.gammaInterval![0]).toBeLessThan(5e-4);
  });

  test('with BatchNorm after ReLU is that of ReLU by moving statistics, and 0 by those of the batch', async () => {
    const model = hidden('relu', 10);
    const normed = tf.sequential({
      layers: [
        layers.dense({ inputShape: [WIDTH], units: 512, activation: 'relu', kernelInitializer: he() }),
        layers.batchNormalization(),
        layers.dense({ units: 10, kernelInitializer: he() }),
      ],
    });
    const plain = await survey(tf, model, xs, { inits: 12 });
    const { evaluation, training } = await survey(tf, normed, xs, { inits: 12 });
    expect(plain.training).toBeNull();
    expect(Math.abs(evaluation.gamma! / RELU - 1)).toBeLessThan(0.4);
    expect(training!.gamma!).toBeLessThan(0.001);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value) / values.length;
    expect(mean(training!.topShares)).toBeLessThan(mean(evaluation.topShares) - 0.1);
  });
});

test('node means and variances are those over the inputs, of the logits', async () => {
  const kernel = () => tf.initializers.heNormal({});
  let weights: tf.Tensor[] = [];
  const make = () => {
    const model = tf.sequential({
      layers: [layers.dense({ inputShape: [3], units: 2, activation: 'softmax', kernelInitializer: kernel() })],
    });
    weights = model.getWeights().map((weight) => tf.keep(weight.clone()));
    return model;
  };
  const few = tf.tensor2d([1, 2, 3, -1, 0, 2, 4, 4, -3, 0, 1, 0], [4, 3]);
  const { evaluation } = await survey(tf, make, few, { inits: 1 });
  const { mean, variance } = tf.moments(tf.dot(few, weights[0]!), 0);
  const [means, variances] = [mean.dataSync(), variance.dataSync()];
  for (const c of [0, 1]) {
    expect(evaluation.nodeMeans[0]![c]).toBeCloseTo(means[c]!, 5);
    expect(evaluation.nodeVariances[0]![c]).toBeCloseTo(variances[c]!, 5);
  }
});

describe('the law of the top share', () => {
  test('is that of guessingBias, for 60 initialisations with a count of 400 guesses each; few lie above 0.99 of it', async () => {
    const { evaluation } = await survey(tf, hidden('relu', 4), xs, { inits: 60 });
    const law = guessingBias({ gamma: RELU, classes: 4, examples: EXAMPLES });
    const sorted = [...evaluation.topShares].sort((a, b) => a - b);
    const distance = Math.max(
      ...sorted.map((share, i) => {
        const at = law.top.cdf(share);
        const below = law.top.cdf(share - 1 / EXAMPLES);
        return Math.max((i + 1) / 60 - at, below - i / 60);
      }),
    );
    // 99 % of Kolmogorov's distribution.
    expect(distance).toBeLessThan(1.628 / Math.sqrt(60));
    const places = evaluation.topShares.map((share) => evaluation.place(share)!);
    expect(places.filter(({ place }) => place > 0.99).length).toBeLessThanOrEqual(3);
    expect(places.filter(({ place }) => place < 0.5).length).toBeGreaterThan(18);
    for (const { place, low, high } of places) expect(low <= place && place <= high).toBe(true);
    // A run of a network that is more biased is told from them, at 8 as at 60.
    expect(evaluation.place(0.99)!.low).toBeGreaterThan(0.99);
  });

  test('allows less with fewer initialisations, and counts what lies below, not at', async () => {
    const model = hidden('relu', 4);
    const [one, eight] = [await survey(tf, model, xs, { inits: 1 }), await survey(tf, model, xs, { inits: 8 })];
    const width = ({ low, high }: { low: number; high: number }) => high - low;
    expect(width(one.evaluation.place(0.6)!)).toBeGreaterThan(width(eight.evaluation.place(0.6)!));
    expect(eight.evaluation.place(0.25)!.place).toBe(0);
    expect(eight.evaluation.place(1)!.place).toBeLessThan(1);
    expect(eight.evaluation.place(0.6, 20)!.place).not.toBe(eight.evaluation.place(0.6)!.place);
    for (const wrong of [() => eight.evaluation.place(1.1), () => eight.evaluation.place(0.5, 0)]) {
      expect(wrong).toThrow(/^Expected (topShare to be a share from 0 to 1, got 1.1|examples to be a whole number)/);
    }
  });

  test('is of two classes where there is one sigmoid output', async () => {
    const model = tf.sequential({
      layers: [
        layers.dense({ inputShape: [WIDTH], units: 256, activation: 'relu', kernelInitializer: he() }),
        layers.dense({ units: 1, activation: 'sigmoid', kernelInitializer: he() }),
      ],
    });
    const { classes, evaluation } = await survey(tf, model, xs, { inits: 60 });
    expect(classes).toBe(2);
    expect(Math.abs(evaluation.gamma! / RELU - 1)).toBeLessThan(2.6 * Math.sqrt(2 / 60));
    const mean = evaluation.topShares.reduce((sum, share) => sum + share / 60, 0);
    expect(Math.abs(mean - (0.5 + Math.atan(Math.sqrt(RELU)) / Math.PI))).toBeLessThan(0.06);
  });
});

test('a head that starts at zero guesses nothing: no gamma, no place', async () => {
  const model = tf.sequential({
    layers: [layers.dense({ inputShape: [WIDTH], units: 3, kernelInitializer: 'zeros' })],
  });
  const { evaluation } = await survey(tf, model, xs, { inits: 2 });
  expect([evaluation.gamma, evaluation.gammaInterval, evaluation.place(0.5)]).toEqual([null, null, null]);
});

test('narrow deep tanh networks, whose nodes differ in how much they vary, are in the middle of their own law', async () => {
  const tanh = () => layers.dense({ units: 48, activation: 'tanh', inputShape: [WIDTH] });
  const model = tf.sequential({ layers: [tanh(), tanh(), tanh(), layers.dense({ units: 10, activation: 'softmax' })] });
  const { evaluation: surveyed } = await survey(tf, model, xs, { inits: 8 });
  const { evaluation: others } = await survey(tf, model, xs, { inits: 40, seed: 2 });
  const places = others.topShares.map((share) => surveyed.place(share)!.place);
  const mean = places.reduce((sum, place) => sum + place, 0) / places.length;
  expect(mean).toBeGreaterThan(0.3);
  expect(mean).toBeLessThan(0.7);
  // By gamma alone most of them would be out of the common.
  const alone = guessingBias({ gamma: surveyed.gamma!, classes: 10, examples: EXAMPLES }).top;
  const uncommon = others.topShares.filter((share) => alone.cdf(share - 1 / EXAMPLES) > 0.99).length;
  expect(uncommon).toBeGreaterThan(10);
  expect(others.topShares.filter((share) => surveyed.place(share)!.low > 0.99).length).toBe(0);
});
