import { beforeAll, describe, expect, test } from 'vitest';
import { describeStack } from '../../../src/capture/stack/describe-stack.ts';
import { TRUNCATED_VARIANCE } from '../../../src/capture/stack/initializer.ts';
import { guessingBias } from '../../../src/theory/guessing-bias.ts';
import { meanField } from '../../../src/theory/mean-field.ts';
import { parseStack } from '../../../src/theory/stack.ts';
import { tf, wasm } from '../../support/tensorflow.ts';

beforeAll(wasm);

const { layers } = tf;
const CENTRED = { q: 1, c: 0 };
const T = TRUNCATED_VARIANCE;

function sequential(input: number[], ...list: tf.layers.Layer[]): tf.Sequential {
  const model = tf.sequential();
  model.add(layers.inputLayer({ inputShape: input }));
  for (const layer of list) model.add(layer);
  return model;
}

function functional(input: number[], outputs: (x: tf.SymbolicTensor) => tf.SymbolicTensor): tf.LayersModel {
  const x = tf.input({ shape: input });
  return tf.model({ inputs: x, outputs: outputs(x) });
}

// As stacks have it where nothing is told; the default of tfjs is glorotNormal.
const kernelInitializer = 'glorotUniform';
const dense = (units: number, args: object = {}) => layers.dense({ units, kernelInitializer, ...args });
const conv = (filters: number, args: object = {}) =>
  layers.conv2d({ filters, kernelSize: 3, kernelInitializer, ...args });
const through = (x: tf.SymbolicTensor, ...list: tf.layers.Layer[]) =>
  list.reduce((at, layer) => layer.apply(at) as tf.SymbolicTensor, x);
const sum = (...terms: tf.SymbolicTensor[]) => layers.add().apply(terms) as tf.SymbolicTensor;
const glorot = (fanIn: number, fanOut: number) => (2 * fanIn) / (fanIn + fanOut);

/** A model and the text of the stack that a reader of theory would write for it. */
const CASES: readonly (readonly [name: string, make: () => tf.LayersModel, stack: string])[] = [
  [
    'dense layers as tfjs has them unless told otherwise: glorotNormal; softmax left off',
    () =>
      sequential(
        [20],
        layers.dense({ units: 30, activation: 'relu' }),
        layers.dense({ units: 10, activation: 'softmax' }),
      ),
    `dense:30:relu:${T * glorot(20, 30)},dense:10:linear:${T * glorot(30, 10)}`,
  ],
  [
    'initialisers: tfjs truncates normals, and does not widen them again',
    () =>
      sequential(
        [20],
        dense(30, { kernelInitializer: 'heNormal', activation: 'relu' }),
        dense(40, { kernelInitializer: 'heUniform', activation: 'tanh' }),
        dense(50, { kernelInitializer: 'glorotNormal', activation: 'sigmoid' }),
        dense(60, { kernelInitializer: 'leCunNormal', activation: 'selu' }),
        dense(10, { kernelInitializer: tf.initializers.randomNormal({ stddev: 0.1 }) }),
      ),
    `dense:30:relu:${2 * T},dense:40:tanh:2,dense:50:sigmoid:${T * glorot(40, 50)},dense:60:selu:${T},dense:10:linear:0.6`,
  ],
  [
    'initialisers: orthogonal by the longer side, uniform and scaled variances, random biases',
    () =>
      sequential(
        [8],
        dense(16, { kernelInitializer: tf.initializers.orthogonal({ gain: 2 }) }),
        dense(4, {
          kernelInitializer: tf.initializers.orthogonal({ gain: 1 }),
          biasInitializer: tf.initializers.randomNormal({ stddev: 0.5 }),
        }),
        dense(6, { kernelInitializer: tf.initializers.randomUniform({ minval: -0.3, maxval: 0.3 }) }),
        dense(10, {
          kernelInitializer: tf.initializers.varianceScaling({ scale: 3, mode: 'fanOut', distribution: 'uniform' }),
        }),
        dense(3, { kernelInitializer: tf.initializers.truncatedNormal({ stddev: 0.2 }) }),
      ),
    `dense:16:linear:2,dense:4:linear:1:0.25,dense:6:linear:${4 * 0.03},dense:10:linear:${(6 * 3) / 10},dense:3:linear:${10 * T * 0.04}`,
  ],
  [
    'activations as layers',
    () =>
      sequential(
        [8],
        dense(8),
        layers.reLU(),
        dense(8),
        layers.elu(),
        dense(8),
        layers.prelu(),
        dense(8),
        layers.leakyReLU({ alpha: 0 }),
        dense(8),
        layers.reLU({ maxValue: 6 }),
        dense(8),
        layers.activation({ activation: 'softplus' }),
        dense(8),
        layers.softmax(),
      ),
    'dense:8,relu,dense:8,elu,dense:8,relu,dense:8,relu,dense:8,relu6,dense:8,softplus,dense:8',
  ],
  [
    'activations as options',
    () =>
      sequential(
        [8],
        ...['relu6', 'elu', 'gelu', 'gelu_new', 'swish', 'mish', 'softplus', 'softsign', 'linear'].map((activation) =>
          dense(8, { activation }),
        ),
      ),
    'dense:8:relu6,dense:8:elu,dense:8:gelu,dense:8:gelu,dense:8:swish,dense:8:mish,dense:8:softplus,dense:8:softsign,dense:8',
  ],
  [
    'convolutions, pooling, padding, flatten',
    () =>
      sequential(
        [16, 16, 3],
        layers.zeroPadding2d(),
        conv(8, { activation: 'relu', kernelInitializer: 'heUniform' }),
        layers.maxPooling2d({ poolSize: 2 }),
        conv(16, { padding: 'same' }),
        layers.averagePooling2d({ poolSize: [4, 2] }),
        layers.flatten(),
        layers.dropout({ rate: 0.25 }),
        dense(10, { activation: 'softmax' }),
      ),
    `conv:8:relu:2,maxPool:4,conv:16:linear:${glorot(72, 144)},avgPool:8,flatten:128,dropout:0.25,dense:10:linear:${glorot(128, 10)}`,
  ],
  [
    'depthwise and separable convolutions: a unit sees one channel, or each in turn',
    () =>
      sequential(
        [8, 8, 4],
        layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, depthwiseInitializer: 'glorotUniform' }),
        layers.separableConv2d({ filters: 6, kernelSize: 3, activation: 'relu', depthMultiplier: 1 }),
        layers.globalMaxPooling2d({}),
        dense(3, { kernelInitializer: 'leCunUniform' }),
      ),
    `conv:8:linear:${9 * (2 / (36 + 18))},conv:8:linear:${9 * (2 / (72 + 9))},conv:6:relu:${glorot(8, 6)},maxPool:16,dense:3:linear:1`,
  ],
  [
    'one dimension; logits that are averages of a convolution',
    () =>
      sequential(
        [32, 2],
        layers.conv1d({ filters: 4, kernelSize: 3, activation: 'relu', kernelInitializer: 'leCunUniform' }),
        layers.maxPooling1d({ poolSize: 3, strides: 3 }),
        layers.conv1d({ filters: 5, kernelSize: 1, kernelInitializer: 'leCunUniform' }),
        layers.globalAveragePooling1d(),
        layers.softmax(),
      ),
    'conv:4:relu:1,maxPool:3,conv:5:linear:1,globalAvgPool:10',
  ],
  [
    'batch normalization before and after the activation, layer normalization',
    () =>
      sequential(
        [6],
        dense(6),
        layers.batchNormalization(),
        layers.activation({ activation: 'relu' }),
        dense(6, { activation: 'relu' }),
        layers.batchNormalization({ scale: false, center: false }),
        dense(6),
        layers.layerNormalization(),
        layers.reLU(),
        dense(6),
      ),
    'dense:6,batchNorm,relu,dense:6:relu,batchNorm,dense:6,layerNorm,relu,dense:6',
  ],
  [
    'an identity shortcut, order of terms either way, one block in the other',
    () =>
      functional([6], (x) => {
        const first = through(x, dense(6, { activation: 'relu' }));
        const inner = through(first, dense(6));
        const nested = sum(inner, through(inner, dense(6, { activation: 'tanh' }), dense(6)));
        return through(sum(first, through(nested, layers.reLU(), dense(6))), dense(6));
      }),
    'dense:6:relu,residual(dense:6,residual(dense:6:tanh,dense:6),relu,dense:6),dense:6',
  ],
  [
    'a shortcut by a convolution of 1 x 1, and a sum of three',
    () =>
      functional([8, 8, 2], (x) => {
        const block = sum(
          through(
            x,
            conv(4, { padding: 'same' }),
            layers.batchNormalization(),
            layers.reLU(),
            conv(4, { padding: 'same' }),
          ),
          through(x, conv(4, { kernelSize: 1 })),
        );
        const thrice = sum(block, through(block, dense(4)), through(block, layers.reLU(), dense(4)));
        return through(thrice, layers.globalAveragePooling2d({}), dense(4));
      }),
    `residual(conv:4:linear:${glorot(18, 36)},batchNorm,relu,conv:4|conv:4:linear:${glorot(2, 4)}),residual(relu,dense:4|residual(dense:4)),globalAvgPool:64,dense:4`,
  ],
  [
    'models that serve as layers, called or first in a Sequential',
    () => {
      const base = sequential([6], dense(6, { activation: 'relu' }), layers.dropout({ rate: 0.5 }));
      const head = functional([6], (x) => through(x, dense(6, { activation: 'tanh' }), dense(6)));
      const model = tf.sequential();
      model.add(base);
      model.add(head);
      return model;
    },
    'dense:6:relu,dropout:0.5,dense:6:tanh,dense:6',
  ],
  [
    'a model cut out of another one, with one unit',
    () => {
      const whole = sequential([6], dense(6, { activation: 'relu', name: 'cut' }), dense(6), dense(3));
      const features = whole.getLayer('cut').output as tf.SymbolicTensor;
      return tf.model({ inputs: whole.inputs, outputs: through(features, dense(1, { activation: 'sigmoid' })) });
    },
    `dense:6:relu,dense:1:linear:${glorot(6, 1)}`,
  ],
  [
    'weights that begin as the identity, biases that all logits have in common',
    () =>
      functional([6], (x) => {
        const first = through(x, dense(6), dense(6, { kernelInitializer: 'identity', activation: 'relu' }));
        return through(first, dense(6, { biasInitializer: 'ones' }));
      }),
    'dense:6,relu,dense:6',
  ],
  [
    'inputs normalized by batch, reshaped, with dropout; noise by multiplication',
    () =>
      sequential(
        [12],
        layers.batchNormalization(),
        layers.dropout({ rate: 0.5 }),
        layers.reshape({ targetShape: [3, 4] }),
        layers.permute({ dims: [1, 2] }),
        layers.gaussianDropout({ rate: 0.2 }),
        dense(4),
        layers.flatten(),
      ),
    'batchNorm,dropout:0.5,dropout:0.2,dense:4',
  ],
];

test.each(CASES)('%s', (_, make, text) => {
  const { stack, undescribed } = describeStack(make(), CENTRED);
  expect(undescribed).toEqual([]);
  const expected = parseStack(text);
  expect(rounded(stack)).toEqual(rounded(expected));
});

function rounded(stack: unknown): unknown {
  return JSON.parse(
    JSON.stringify(stack, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(9)) : value)),
  );
}

test('examples in place of q and c; the law of the guesses follows', () => {
  const model = sequential([2], dense(64, { activation: 'relu', kernelInitializer: 'heUniform' }), dense(4));
  const { stack, input } = describeStack(model, { inputs: [1, 1, 1, -1, -1, 1, -1, -1], features: 2 });
  expect(input).toEqual({ q: 1, c: 0, directions: expect.closeTo(3, 12) });
  const { gamma } = meanField(stack!, input).at(-1)!;
  expect(gamma).toBeCloseTo(1 / (Math.PI - 1), 9);
  expect(guessingBias({ gamma, classes: 4 }).topShare).toBeGreaterThan(0.25);
});

test.each([
  [{ q: 0, c: 0 }, 'q, the mean square of an input, is 0'],
  [{ q: 1, c: -0.1 }, 'c, the correlation of two inputs, is -0.1'],
  [{ q: 1, c: Number.NaN }, 'c, the correlation of two inputs, is NaN'],
  [{ inputs: [1, 2, 3], features: 2 }, 'inputs has length 3'],
])('input %j is told', (input, message) => {
  expect(() => describeStack(sequential([2], dense(2)), input)).toThrow(message);
});

class Odd extends layers.Layer {
  static className = 'Odd';
  override getConfig(): never {
    throw new Error('no config');
  }
  override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[] {
    return x;
  }
}

const named = (name: string) => ({ name });

describe('what can not be described', () => {
  const REFUSED: readonly (readonly [make: () => tf.LayersModel, layer: string, reason: string])[] = [
    [() => sequential([4], dense(4), new Odd(named('odd')), dense(2)), 'odd', 'is of the class Odd'],
    [
      () => sequential([4], dense(4), layers.leakyReLU({ name: 'leaky' }), dense(2)),
      'leaky',
      'has the slope 0.3 below 0: theory has no leaky ReLU.',
    ],
    [
      () => sequential([4], dense(4, { activation: 'softmax', name: 'gate' }), dense(2)),
      'gate',
      'the activation softmax',
    ],
    [
      () => sequential([4], dense(4, { kernelInitializer: 'ones', name: 'ones' }), dense(2)),
      'ones',
      'begins with weights of mean 1',
    ],
    [
      () =>
        sequential([4], dense(4, { biasInitializer: tf.initializers.constant({ value: 0.5 }), name: 'up' }), dense(2)),
      'up',
      'begins with biases of mean 0.5',
    ],
    [
      () => sequential([4], dense(1, { biasInitializer: 'ones', name: 'single' })),
      'single',
      'begins with biases of mean 1',
    ],
    [
      () => sequential([4], dense(4), dense(2, { kernelInitializer: 'zeros', name: 'flat' })),
      'flat',
      'logits are equal',
    ],
    [
      () => sequential([4], dense(4), layers.batchNormalization({ gammaInitializer: 'zeros', name: 'off' }), dense(2)),
      'off',
      'a scale (gamma) that is not 1',
    ],
    [
      () => sequential([4], dense(4), layers.layerNormalization({ betaInitializer: 'ones', name: 'up' }), dense(2)),
      'up',
      'an offset (beta) that is not 0',
    ],
    [
      () =>
        sequential([4, 4], dense(4), layers.batchNormalization({ axis: 1, name: 'rows' }), layers.flatten(), dense(2)),
      'rows',
      'normalizes axis 1',
    ],
    [
      () => sequential([4, 4, 2], layers.maxPooling2d({ poolSize: 2, name: 'first' }), conv(2, { kernelSize: 1 })),
      'first',
      'acts on the inputs',
    ],
    [
      () =>
        functional([4], (x) =>
          through(layers.concatenate(named('join')).apply([through(x, dense(4)), x]) as tf.SymbolicTensor, dense(2)),
        ),
      'join',
      'joins 2 inputs by Concatenate',
    ],
    [
      () =>
        functional([4], (x) => {
          const shared = dense(4, { name: 'shared' });
          return through(x, shared, shared);
        }),
      'shared',
      'is called more than once',
    ],
    [
      () =>
        functional([4], (x) => {
          const first = through(x, dense(4, { name: 'both' }));
          return sum(through(first, dense(4)), sum(first, x));
        }),
      'both',
      'gives to several terms of a sum',
    ],
    [
      () =>
        functional([4], (x) => {
          const first = through(x, dense(4));
          return through(
            layers.add(named('twice')).apply([first, through(first, layers.reLU())]) as tf.SymbolicTensor,
            dense(2),
          );
        }),
      'twice',
      'are not independent',
    ],
    [
      () =>
        sequential(
          [null as unknown as number, 2],
          layers.conv1d({ filters: 2, kernelSize: 1 }),
          layers.globalAveragePooling1d(named('free')),
          dense(2),
        ),
      'free',
      'whose size is not fixed',
    ],
    [
      () => sequential([5], layers.embedding({ inputDim: 9, outputDim: 4, name: 'words' }), layers.flatten(), dense(2)),
      'words',
      'class Embedding',
    ],
  ];

  test.each(REFUSED)('model %#: %s', (make, layer, reason) => {
    const { stack, undescribed } = describeStack(make(), CENTRED);
    expect(stack).toBeNull();
    expect(undescribed).toHaveLength(1);
    expect(undescribed[0]!.layer).toBe(layer);
    expect(undescribed[0]!.reason).toContain(reason);
    expect(undescribed[0]!.reason).toMatch(new RegExp(`^${layer} .*\\.$`));
  });

  test('several layers are told in the order of data', () => {
    const model = sequential([4], dense(4), new Odd(named('one')), dense(4), layers.leakyReLU(named('two')), dense(2));
    expect(describeStack(model, CENTRED).undescribed.map(({ layer }) => layer)).toEqual(['one', 'two']);
  });

  test('several inputs that are added', () => {
    const [a, b] = [tf.input({ shape: [4] }), tf.input({ shape: [4] })];
    const model = tf.model({
      inputs: [a, b],
      outputs: through(sum(through(a, dense(4)), through(b, dense(4))), dense(2)),
    });
    expect(describeStack(model, CENTRED).undescribed[0]!.reason).toContain('several inputs of the model');
  });

  test('no layers, no weights, no model: one reason each, and nothing throws', () => {
    const models = [tf.sequential(), sequential([4, 2], layers.flatten()), {}, { layers: [], outputs: [{}] }, null];
    for (const model of models) {
      const { stack, undescribed } = describeStack(model as never, CENTRED);
      expect(stack).toBeNull();
      expect(undescribed).toHaveLength(1);
      expect(undescribed[0]!.reason).toMatch(/^The model.*[^.]\.$/);
    }
  });

  test.each<[unknown, string]>([
    [null, 'The model is null: expected a LayersModel.'],
    [undefined, 'The model is undefined: expected a LayersModel.'],
    ['net', 'The model is the string "net": expected a LayersModel.'],
  ])('of %j in place of a model it says what came', (model, reason) => {
    for (const input of [CENTRED, { inputs: [1, 2, 3, 4], features: 2 }]) {
      expect(describeStack(model as never, input).undescribed).toEqual([{ layer: 'model', reason }]);
    }
  });

  test('an error of a layer of the user ends with one full stop, whatever it ended with', () => {
    const broken = {
      layers: [],
      get outputs(): never {
        throw new Error('mine.');
      },
    };
    const { reason } = describeStack(broken as never, CENTRED).undescribed[0]!;
    expect(reason).toBe("The model's layers can't be read: mine.");
  });
});

describe('what is no input of the model is refused in a sentence', () => {
  const model = () => sequential([28, 28], layers.flatten(), dense(3));
  test.each<[unknown, string]>([
    [
      undefined,
      'input, the second argument of describeStack, is undefined: expected an object such as { inputs, features: 784 }',
    ],
    [5, 'input, the second argument of describeStack, is 5: expected an object'],
    [{ inputs: [1, 2, 3, 4], features: 2 }, 'features is 2: expected 784, as many as an input of the model has.'],
    [{ features: 2 }, 'q, the mean square of an input, is undefined: expected'],
    [{ inputs: 5, features: 784 }, 'inputs is 5: expected a list of numbers, one example after the other.'],
  ])('%j', (input, sentence) => {
    const call = () => describeStack(model(), input as typeof CENTRED);
    expect(call).toThrow(RangeError);
    expect(call).toThrow(sentence);
  });

  test('but a length that the model leaves open is no reason', () => {
    const open = sequential([null as unknown as number, 2], dense(3));
    expect(() => describeStack(open, { inputs: [1, 2, 3, 4], features: 2 })).not.toThrow();
  });
});
