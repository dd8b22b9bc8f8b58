import { tf, uniform } from './backends.ts';

/** One model that is to train, and how. */
export interface Case {
  readonly group:
    | 'layers with weights'
    | 'pooling'
    | 'other layers'
    | 'activations'
    | 'optimizers'
    | 'losses'
    | 'attention';
  readonly name: string;
  readonly build: () => tf.LayersModel;
  readonly input: readonly number[];
  /** Inputs are indices below this number. */
  readonly vocabulary?: number;
  readonly loss?: string | ((labels: tf.Tensor, predictions: tf.Tensor) => tf.Tensor);
  readonly optimizer?: () => tf.Optimizer;
  /** What decides: the cpu backend, or differences of the loss where the cpu backend is wrong or throws. */
  readonly oracle?: 'cpu' | 'numerical';
  /** Trains on no backend of tfjs: part of what it says. */
  readonly refused?: string;
  readonly note?: string;
}

export const CLASSES = 4;
export const BATCH = 6;

const { layers: L } = tf;
type Layer = tf.layers.Layer;
/** The layers one after the other, then a dense classifier. */
const chain =
  (...make: (() => Layer)[]) =>
  () => {
    const model = tf.sequential({ layers: make.map((one) => one()) });
    if (model.outputs[0]!.shape.length > 2) model.add(L.flatten());
    model.add(L.dense({ units: CLASSES, activation: 'softmax' }));
    return model;
  };

const IMAGE = [8, 8, 3];
const SERIES = [6, 5];
const VOLUME = [4, 5, 4, 2];
const VECTOR = [10];

const conv =
  (options = {}) =>
  () =>
    L.conv2d({ filters: 5, kernelSize: 3, inputShape: IMAGE, ...options } as never);
const dense =
  (options = {}) =>
  () =>
    L.dense({ units: 7, inputShape: VECTOR, ...options });

type Rest = Partial<Case>;
const of =
  (group: Case['group'], input: readonly number[]) =>
  (name: string, build: Case['build'], rest: Rest = {}) =>
    ({ group, name, build, input, ...rest }) as Case;

const image = of('layers with weights', IMAGE);
const volume = of('layers with weights', VOLUME);
const series = of('layers with weights', SERIES);
const vector = of('layers with weights', VECTOR);
const first = { inputShape: IMAGE };

const weighted: Case[] = [
  vector('Dense', chain(dense())),
  series(
    'Dense on sequences',
    chain(() => L.dense({ units: 4, activation: 'relu', inputShape: SERIES })),
  ),
  series(
    'Conv1D',
    chain(() => L.conv1d({ filters: 4, kernelSize: 3, inputShape: SERIES })),
  ),
  series(
    'Conv1D, strides 2, same',
    chain(() => L.conv1d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', inputShape: SERIES })),
  ),
  image('Conv2D', chain(conv())),
  image('Conv2D, relu', chain(conv({ activation: 'relu', padding: 'same' }))),
  image('Conv2D, strides 2, same', chain(conv({ strides: 2, padding: 'same' }))),
  image('Conv2D, 1 x 1', chain(conv({ kernelSize: 1, strides: 2 }))),
  image(
    'Conv2D, two layers',
    chain(conv({ activation: 'relu' }), () => L.conv2d({ filters: 9, kernelSize: [2, 3], strides: [2, 1] })),
  ),
  image('Conv2D, dilated', chain(conv({ dilationRate: 2 })), { refused: 'dilation rates greater than 1' }),
  image(
    'Conv2DTranspose',
    chain(() => L.conv2dTranspose({ filters: 3, kernelSize: 3, ...first })),
  ),
  image(
    'Conv2DTranspose, strides 2',
    chain(() => L.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: 'same', ...first })),
  ),
  image(
    'DepthwiseConv2D',
    chain(() => L.depthwiseConv2d({ kernelSize: 3, ...first })),
  ),
  image(
    'DepthwiseConv2D, multiplier 2',
    chain(() => L.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, strides: 2, ...first })),
  ),
  image(
    'SeparableConv2D',
    chain(() => L.separableConv2d({ filters: 6, kernelSize: 3, ...first })),
  ),
  image(
    'SeparableConv2D, multiplier 3, same',
    chain(() => L.separableConv2d({ filters: 6, kernelSize: 3, depthMultiplier: 3, padding: 'same', ...first })),
  ),
  volume(
    'Conv3D',
    chain(() => L.conv3d({ filters: 3, kernelSize: 2, inputShape: VOLUME })),
  ),
  volume(
    'Conv3D, strides 2, same',
    chain(() => L.conv3d({ filters: 3, kernelSize: 3, strides: 2, padding: 'same', inputShape: VOLUME })),
    {
      note: 'stock wasm computes a wrong gradient',
    },
  ),
  volume(
    'Conv3D, two layers',
    chain(
      () => L.conv3d({ filters: 2, kernelSize: 2, inputShape: VOLUME }),
      () => L.conv3d({ filters: 2, kernelSize: 2, strides: 2 }),
    ),
    {
      note: 'stock wasm computes a wrong gradient',
    },
  ),
  volume(
    'Conv3DTranspose',
    chain(() => L.conv3dTranspose({ filters: 2, kernelSize: 2, strides: 2, inputShape: VOLUME } as never)),
    { oracle: 'numerical', note: 'tfjs has no gradient of it: registerTrainingKernels brings it, for every backend' },
  ),
  of('layers with weights', [6])(
    'Embedding',
    chain(() => L.embedding({ inputDim: 12, outputDim: 5, inputLength: 6 })),
    { vocabulary: 12 },
  ),
  image(
    'BatchNormalization',
    chain(
      conv({ useBias: false }),
      () => L.batchNormalization({}),
      () => L.activation({ activation: 'relu' }),
    ),
  ),
  vector(
    'BatchNormalization of vectors',
    chain(dense({ useBias: false }), () => L.batchNormalization({})),
  ),
  image(
    'BatchNormalization, axis 1',
    chain(conv({ useBias: false }), () => L.batchNormalization({ axis: 1 })),
    { refused: 'must match the product of shape' },
  ),
  vector(
    'LayerNormalization',
    chain(dense(), () => L.layerNormalization({})),
  ),
  vector(
    'PReLU',
    chain(dense(), () => L.prelu({ alphaInitializer: 'ones' })),
  ),
  series(
    'SimpleRNN',
    chain(() => L.simpleRNN({ units: 4, inputShape: SERIES })),
  ),
  series(
    'LSTM',
    chain(() => L.lstm({ units: 4, inputShape: SERIES })),
  ),
  series(
    'LSTM, sequences, two layers',
    chain(
      () => L.lstm({ units: 4, returnSequences: true, inputShape: SERIES }),
      () => L.lstm({ units: 3 }),
    ),
  ),
  series(
    'GRU',
    chain(() => L.gru({ units: 4, resetAfter: false, inputShape: SERIES } as never)),
  ),
  series(
    'Bidirectional LSTM',
    chain(() =>
      L.bidirectional({ layer: L.lstm({ units: 3 }) as tf.RNN, mergeMode: 'concat', inputShape: SERIES } as never),
    ),
  ),
  series(
    'Bidirectional GRU, summed',
    chain(() =>
      L.bidirectional({
        layer: L.gru({ units: 3, resetAfter: false } as never) as tf.RNN,
        mergeMode: 'sum',
        inputShape: SERIES,
      } as never),
    ),
  ),
  series(
    'RNN of stacked cells',
    chain(() =>
      L.rnn({ cell: [L.gruCell({ units: 3 }), L.simpleRNNCell({ units: 4 })] as never, inputShape: SERIES } as never),
    ),
  ),
  of('layers with weights', [3, 6, 6, 2])(
    'ConvLSTM2D',
    chain(() => L.convLstm2d({ filters: 2, kernelSize: 3, inputShape: [3, 6, 6, 2] } as never)),
  ),
  series(
    'TimeDistributed Dense',
    chain(() => L.timeDistributed({ layer: L.dense({ units: 4 }), inputShape: SERIES } as never)),
  ),
  vector('Dense, L1 and L2', chain(dense({ kernelRegularizer: tf.regularizers.l1l2({ l1: 0.01, l2: 0.02 }) }))),
  vector('Dense, used twice', () => {
    const inputs = tf.input({ shape: VECTOR });
    const shared = L.dense({ units: 10, activation: 'tanh' });
    const twice = shared.apply(shared.apply(inputs));
    return tf.model({
      inputs,
      outputs: L.dense({ units: CLASSES, activation: 'softmax' }).apply(twice) as tf.SymbolicTensor,
    });
  }),
  image('residual block with BatchNormalization', () => {
    const inputs = tf.input({ shape: IMAGE });
    const branch = L.batchNormalization({}).apply(
      L.conv2d({ filters: 3, kernelSize: 3, padding: 'same', useBias: false }).apply(inputs),
    );
    const sum = L.activation({ activation: 'relu' }).apply(L.add().apply([inputs, branch as tf.SymbolicTensor]));
    const flat = L.globalAveragePooling2d({}).apply(sum);
    return tf.model({
      inputs,
      outputs: L.dense({ units: CLASSES, activation: 'softmax' }).apply(flat) as tf.SymbolicTensor,
    });
  }),
];

const pooled = of('pooling', IMAGE);
const pooledVolume = of('pooling', VOLUME);
const conv3 = () => L.conv3d({ filters: 2, kernelSize: 2, inputShape: VOLUME });
const conv1 = () => L.conv1d({ filters: 4, kernelSize: 2, inputShape: SERIES });
const pools: Case[] = [
  pooled(
    'MaxPooling2D',
    chain(conv(), () => L.maxPooling2d({ poolSize: 2 })),
  ),
  pooled(
    'MaxPooling2D, overlapping, same',
    chain(conv(), () => L.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' })),
  ),
  pooled(
    'AveragePooling2D',
    chain(conv(), () => L.averagePooling2d({ poolSize: 2 })),
  ),
  pooled(
    'GlobalMaxPooling2D',
    chain(conv(), () => L.globalMaxPooling2d({})),
  ),
  pooled(
    'GlobalAveragePooling2D',
    chain(conv(), () => L.globalAveragePooling2d({})),
  ),
  of('pooling', SERIES)(
    'MaxPooling1D',
    chain(conv1, () => L.maxPooling1d({ poolSize: 2 })),
  ),
  of('pooling', SERIES)(
    'AveragePooling1D',
    chain(conv1, () => L.averagePooling1d({ poolSize: 2 })),
  ),
  of('pooling', SERIES)(
    'GlobalMaxPooling1D',
    chain(conv1, () => L.globalMaxPooling1d({})),
  ),
  of('pooling', SERIES)(
    'GlobalAveragePooling1D',
    chain(conv1, () => L.globalAveragePooling1d({})),
  ),
  pooledVolume(
    'MaxPooling3D',
    chain(conv3, () => L.maxPooling3d({ poolSize: 2, strides: 1 } as never)),
  ),
  pooledVolume(
    'AveragePooling3D',
    chain(conv3, () => L.averagePooling3d({ poolSize: 2, strides: 1 } as never)),
  ),
];

const other = of('other layers', IMAGE);
const merged = (merge: () => Layer) => () => {
  const inputs = tf.input({ shape: VECTOR });
  const branches = ['linear', 'sigmoid'].map((activation) =>
    L.dense({ units: 6, activation: activation as 'linear' }).apply(inputs),
  ) as tf.SymbolicTensor[];
  const outputs = L.dense({ units: CLASSES, activation: 'softmax' }).apply(merge().apply(branches));
  return tf.model({ inputs, outputs: outputs as tf.SymbolicTensor });
};
const others: Case[] = [
  other(
    'UpSampling2D, nearest',
    chain(conv(), () => L.upSampling2d({ size: [2, 2] })),
    { oracle: 'numerical', note: 'the cpu backend is wrong for all images but the first' },
  ),
  other(
    'UpSampling2D, bilinear',
    chain(conv(), () => L.upSampling2d({ size: [2, 2], interpolation: 'bilinear' })),
  ),
  other(
    'ZeroPadding2D',
    chain(
      () => L.zeroPadding2d({ inputShape: IMAGE } as never),
      () => L.conv2d({ filters: 3, kernelSize: 3 }),
    ),
  ),
  other(
    'Cropping2D',
    chain(conv(), () =>
      L.cropping2D({
        cropping: [
          [1, 1],
          [1, 0],
        ],
      }),
    ),
  ),
  other(
    'Dropout',
    chain(conv(), () => L.dropout({ rate: 0.4, seed: 3 })),
  ),
  other(
    'Permute and Reshape',
    chain(
      conv(),
      () => L.permute({ dims: [3, 1, 2] }),
      () => L.reshape({ targetShape: [36, 5] }),
      () => L.conv1d({ filters: 2, kernelSize: 3 }),
    ),
  ),
  of('other layers', VECTOR)(
    'RepeatVector',
    chain(dense(), () => L.repeatVector({ n: 3 })),
  ),
  ...(
    [
      ['Add', () => L.add()],
      ['Multiply', () => L.multiply()],
      ['Average', () => L.average()],
      ['Maximum', () => L.maximum()],
      ['Minimum', () => L.minimum()],
      ['Concatenate', () => L.concatenate()],
      ['Dot', () => L.dot({ axes: 1 })],
    ] as const
  ).map(([name, merge]) => of('other layers', VECTOR)(name, merged(merge))),
];

const ACTIVATIONS = [
  ...['relu', 'relu6', 'elu', 'selu', 'gelu', 'gelu_new', 'swish', 'mish', 'tanh', 'sigmoid', 'hardSigmoid'],
  ...['softplus', 'softsign', 'softmax', 'logSoftmax', 'linear'],
];
const activations: Case[] = [
  ...ACTIVATIONS.map((activation) => of('activations', VECTOR)(activation, chain(dense({ activation })))),
  of('activations', VECTOR)(
    'LeakyReLU layer',
    chain(dense(), () => L.leakyReLU()),
  ),
  of('activations', VECTOR)(
    'ELU layer',
    chain(dense(), () => L.elu()),
  ),
  of('activations', VECTOR)(
    'ReLU layer, at most 1',
    chain(dense(), () => L.reLU({ maxValue: 1 })),
  ),
  of('activations', VECTOR)(
    'Softmax layer',
    chain(dense(), () => L.softmax()),
  ),
  of('activations', VECTOR)(
    'ThresholdedReLU layer',
    chain(dense(), () => L.thresholdedReLU({ theta: 0.2 })),
    { refused: '' },
  ),
];

const optimizers: Case[] = Object.entries({
  sgd: () => tf.train.sgd(0.1),
  momentum: () => tf.train.momentum(0.1, 0.9, true),
  adam: () => tf.train.adam(0.01),
  adamax: () => tf.train.adamax(0.01),
  rmsprop: () => tf.train.rmsprop(0.01, 0.9, 0.5),
  adagrad: () => tf.train.adagrad(0.1),
  adadelta: () => tf.train.adadelta(0.5),
}).map(([name, optimizer]) => of('optimizers', IMAGE)(name, chain(conv({ activation: 'tanh' })), { optimizer }));

const LOSSES: [string, Case['loss']][] = [
  ...[
    ...['categoricalCrossentropy', 'sparseCategoricalCrossentropy', 'binaryCrossentropy', 'meanSquaredError'],
    ...['meanAbsoluteError', 'meanAbsolutePercentageError', 'meanSquaredLogarithmicError', 'hinge', 'squaredHinge'],
    ...['categoricalHinge', 'logcosh', 'kullbackLeiblerDivergence', 'poisson', 'cosineProximity'],
  ].map((name): [string, Case['loss']] => [name, name]),
  ['tf.losses.softmaxCrossEntropy', (a, b) => tf.losses.softmaxCrossEntropy(a, b)],
  ['tf.losses.sigmoidCrossEntropy', (a, b) => tf.losses.sigmoidCrossEntropy(a, b)],
  ['tf.losses.huberLoss', (a, b) => tf.losses.huberLoss(a, b)],
  ['tf.losses.logLoss', (a, b) => tf.losses.logLoss(a, b)],
  ['tf.losses.hingeLoss', (a, b) => tf.losses.hingeLoss(a, b)],
  ['tf.losses.absoluteDifference', (a, b) => tf.losses.absoluteDifference(a, b)],
  ['tf.losses.cosineDistance', (a, b) => tf.losses.cosineDistance(a, b, 1)],
];
const losses: Case[] = LOSSES.map(([name, loss]) =>
  of('losses', VECTOR)(name, chain(dense({ activation: 'tanh' })), { loss: loss! }),
);

/** Self-attention by einsum, as a layer of one's own. */
class EinsumAttention extends tf.layers.Layer {
  static readonly className = 'EinsumAttention';
  private kernels: tf.LayerVariable[] = [];
  override build(shape: tf.Shape): void {
    this.kernels = ['query', 'key', 'value'].map((name) =>
      this.addWeight(name, [shape.at(-1)!, 2, 3], 'float32', tf.initializers.glorotNormal({})),
    );
    super.build(shape);
  }
  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return [...shape.slice(0, -1), 2, 3];
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0]! : inputs;
      const [q, k, v] = this.kernels.map((kernel) => tf.einsum('btd,dhe->bthe', x, kernel.read()));
      const scores = tf.softmax(tf.einsum('bqhe,bkhe->bhqk', q!, k!));
      return tf.einsum('bhqk,bkhe->bqhe', scores, v!);
    });
  }
}
const attention: Case[] = [
  of('attention', SERIES)(
    'attention by einsum',
    chain(() => new EinsumAttention({ inputShape: SERIES } as never)),
    {
      oracle: 'numerical',
      note: 'tfjs has no gradient of einsum: registerTrainingKernels brings it, for every backend',
    },
  ),
  of('attention', SERIES)('attention by Dot', () => {
    const inputs = tf.input({ shape: SERIES });
    const [q, k, v] = [1, 2, 3].map(() => L.dense({ units: 4 }).apply(inputs) as tf.SymbolicTensor);
    const scores = L.activation({ activation: 'softmax' }).apply(L.dot({ axes: [2, 2] }).apply([q!, k!]));
    const mixed = L.flatten().apply(L.dot({ axes: [2, 1] }).apply([scores as tf.SymbolicTensor, v!]));
    return tf.model({
      inputs,
      outputs: L.dense({ units: CLASSES, activation: 'softmax' }).apply(mixed) as tf.SymbolicTensor,
    });
  }),
];

export const CASES: readonly Case[] = [...[weighted, pools, others, activations, optimizers, losses, attention].flat()];

/** The batch of a case: inputs, labels as the loss wants them. */
export function batchOf({ input, vocabulary, loss }: Case): { xs: tf.Tensor; ys: tf.Tensor } {
  const { values } = uniform([BATCH, ...input], 5);
  const xs = vocabulary
    ? Float32Array.from(values, (v) => Math.floor(((v + 1) / 2) * vocabulary))
    : Float32Array.from(values);
  const labels = Array.from({ length: BATCH }, (_, i) => (i * 5 + 1) % CLASSES);
  const sparse = loss === 'sparseCategoricalCrossentropy';
  const ys = sparse
    ? tf.tensor2d(labels, [BATCH, 1], 'float32')
    : (tf.oneHot(tf.tensor1d(labels, 'int32'), CLASSES).toFloat() as tf.Tensor);
  return { xs: tf.tensor(xs, [BATCH, ...input]), ys };
}

/** The model of a case, compiled, with the same weights at every call. */
export function modelOf({ build, loss, optimizer }: Case): tf.LayersModel {
  const model = build();
  const weights = model.weights.map(({ name, shape }, i) => {
    const { values } = uniform(shape as number[], 100 + i);
    return tf.tensor(
      values.map((v) => (/variance|gamma/.test(name) ? 1 + 0.4 * v : 0.5 * v)),
      shape as number[],
    );
  });
  model.setWeights(weights);
  tf.dispose(weights);
  model.compile({ optimizer: optimizer?.() ?? tf.train.sgd(0.1), loss: (loss ?? 'categoricalCrossentropy') as never });
  return model;
}
