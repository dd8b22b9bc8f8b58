import { CASES, CLASSES } from '../wasm/networks.ts';
import type { Loss } from './class-copies.ts';
import { type CaseOptions, type ModelCase, modelCase, networkCase } from './model-case.ts';
import { tf } from './tensorflow.ts';

const { layers: L } = tf;
type Layer = tf.layers.Layer;
type Symbolic = tf.SymbolicTensor;

const IMAGE = [6, 6, 2];
const SERIES = [4, 5];
const VECTOR = [8];

const dense = (units: number, options = {}) => L.dense({ units, ...options });
const conv = (filters: number, options = {}) => L.conv2d({ filters, kernelSize: 3, ...options } as never);
const classifier = (units = CLASSES) => dense(units, { activation: 'softmax' });
const relu = () => L.activation({ activation: 'relu' });

/** One layer after the other on symbolic tensors. */
const through = (x: Symbolic | Symbolic[], ...layers: Layer[]) =>
  layers.reduce((y, layer) => layer.apply(y), x as ReturnType<Layer['apply']>) as Symbolic;

/** A functional model of `count` inputs; what `body` returns goes through a classifier. */
const graph =
  (shape: number[], body: (...inputs: Symbolic[]) => Symbolic, count = 1) =>
  () => {
    const inputs = Array.from({ length: count }, () => tf.input({ shape }));
    const features = body(...inputs);
    const flatten = features.shape.length > 2 ? [L.flatten()] : [];
    return tf.model({ inputs, outputs: through(features, ...flatten, classifier()) });
  };

type Body = () => Layer[];
const chain = (name: string, shape: number[], body: Body, options?: CaseOptions) =>
  modelCase(
    name,
    shape,
    graph(shape, (x) => through(x, ...body())),
    options,
  );

/** A dense layer in front of a last one that decides what is being learnt. */
const heads = (name: string, last: () => Layer, options: CaseOptions) =>
  modelCase(
    name,
    VECTOR,
    () => tf.sequential({ layers: [dense(6, { activation: 'tanh', inputShape: VECTOR }), last()] }),
    options,
  );

/** x W, then W^T: one weight in two products of one layer. */
class TiedAutoencoder extends tf.layers.Layer {
  static readonly className = 'TiedAutoencoder';
  private kernel!: tf.LayerVariable;
  override build(shape: tf.Shape): void {
    this.kernel = this.addWeight('kernel', [shape.at(-1)!, 3], 'float32', tf.initializers.glorotNormal({}));
    super.build(shape);
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    const kernel = this.kernel.read() as tf.Tensor2D;
    return tf.tidy(() => tf.matMul(tf.tanh(tf.matMul(x as tf.Tensor2D, kernel)), kernel, false, true));
  }
}

/** Goes back through the kernel of another layer, which it lists as no weight of its own. */
class Transposed extends tf.layers.Layer {
  static readonly className = 'Transposed';
  private readonly of: Layer;
  constructor(of: Layer) {
    super({});
    this.of = of;
  }
  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return [shape[0]!, this.of.weights[0]!.shape[0]!];
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0]! : inputs) as tf.Tensor2D;
    return tf.tidy(() => tf.matMul(x, this.of.weights[0]!.read() as tf.Tensor2D, false, true));
  }
}

const recurrent: ModelCase[] = [
  chain('Embedding and LSTM', [5], () => [L.embedding({ inputDim: 12, outputDim: 4 }), L.lstm({ units: 3 })], {
    vocabulary: 12,
  }),
  chain(
    'Embedding with a mask and LSTM',
    [5],
    () => [L.embedding({ inputDim: 4, outputDim: 4, maskZero: true }), L.lstm({ units: 3 })],
    { vocabulary: 4 },
  ),
  chain('LSTM encoder and decoder', SERIES, () => [
    L.lstm({ units: 3 }),
    L.repeatVector({ n: 3 }),
    L.lstm({ units: 4, returnSequences: true }),
    L.timeDistributed({ layer: dense(2) }),
  ]),
  chain('Bidirectional GRU into global pooling', SERIES, () => [
    L.bidirectional({
      layer: L.gru({ units: 3, resetAfter: false, returnSequences: true } as never) as tf.RNN,
      mergeMode: 'concat',
    }),
    L.globalMaxPooling1d({}),
  ]),
  chain('SimpleRNN, regularised', SERIES, () => [
    L.simpleRNN({
      units: 3,
      kernelRegularizer: tf.regularizers.l1({ l1: 0.02 }),
      recurrentRegularizer: tf.regularizers.l2({ l2: 0.03 }),
    }),
  ]),
  chain('SpatialDropout1D between Conv1D', SERIES, () => [
    L.conv1d({ filters: 4, kernelSize: 2, activation: 'tanh' }),
    L.spatialDropout1d({ rate: 0.4, seed: 7 } as never),
    L.conv1d({ filters: 3, kernelSize: 2 }),
  ]),
  chain('TimeDistributed Conv2D', [3, ...IMAGE], () => [L.timeDistributed({ layer: conv(2) })]),
  chain('TimeDistributed Sequential', SERIES, () => [
    L.timeDistributed({
      layer: tf.sequential({ layers: [dense(4, { inputShape: [5], activation: 'elu' }), dense(3)] }),
    }),
  ]),
];

const images: ModelCase[] = [
  chain('Conv2D without bias, strides 2', IMAGE, () => [
    conv(4, { useBias: false, strides: 2, activation: 'tanh' }),
    conv(3, { kernelSize: 2, activation: 'relu6' }),
  ]),
  chain('Conv2D, regularised', IMAGE, () => [
    conv(3, { kernelRegularizer: 'l1l2', biasRegularizer: tf.regularizers.l2({ l2: 0.1 }), activation: 'elu' }),
  ]),
  chain('Dense on images', IMAGE, () => [dense(3, { activation: 'selu' }), L.maxPooling2d({ poolSize: 2 })]),
  chain('PReLU with shared axes', IMAGE, () => [conv(3), L.prelu({ sharedAxes: [1, 2] })]),
  chain('separable block with BatchNormalization', IMAGE, () => [
    L.depthwiseConv2d({ kernelSize: 3, useBias: false }),
    L.batchNormalization({}),
    L.reLU({ maxValue: 6 }),
    conv(4, { kernelSize: 1, useBias: false }),
    L.batchNormalization({}),
    L.globalAveragePooling2d({}),
  ]),
  modelCase(
    'densely connected block',
    IMAGE,
    graph(IMAGE, (x) => {
      const same = { padding: 'same', activation: 'relu' };
      const one = L.concatenate().apply([x, through(x, conv(2, same))]) as Symbolic;
      return L.concatenate().apply([one, through(one, conv(2, same))]) as Symbolic;
    }),
  ),
  modelCase(
    'squeeze and excitation',
    IMAGE,
    graph(IMAGE, (x) => {
      const y = through(x, conv(3));
      const gate = through(y, L.globalAveragePooling2d({}), dense(3, { activation: 'sigmoid' }));
      return L.multiply().apply([y, through(gate, L.reshape({ targetShape: [1, 1, 3] }))]) as Symbolic;
    }),
  ),
  ...['scale', 'center'].map((part) =>
    chain(`BatchNormalization without ${part}`, VECTOR, () => [dense(4), L.batchNormalization({ [part]: false })], {
      accelerated: true,
    }),
  ),
];

const twin = (shape: number[], ...layers: Layer[]) =>
  tf.sequential({ layers: [L.inputLayer({ inputShape: shape }) as unknown as Layer, ...layers] });
const siamese = (...body: Body[]) =>
  graph(
    VECTOR,
    (a, b) => {
      const tower = twin(VECTOR, ...body.flatMap((layers) => layers()));
      const [left, right] = [tower.apply(a), tower.apply(b)] as [Symbolic, Symbolic];
      return L.concatenate().apply([left, right, L.multiply().apply([left, right]) as Symbolic]) as Symbolic;
    },
    2,
  );

const shared: ModelCase[] = [
  modelCase(
    'two inputs through one Sequential',
    VECTOR,
    siamese(() => [dense(5, { activation: 'softplus' }), dense(3)]),
    { inputs: 2 },
  ),
  modelCase(
    'two inputs through one Sequential with BatchNormalization',
    VECTOR,
    siamese(() => [dense(5), L.batchNormalization({}), relu(), dense(3)]),
    { inputs: 2 },
  ),
  chain('Sequential inside of a model', VECTOR, () => [
    dense(6),
    twin([6], dense(5, { activation: 'swish' }), twin([5], dense(4, { activation: 'mish' }))),
  ]),
  chain('Sequential with BatchNormalization inside of a model', IMAGE, () => [
    twin(IMAGE, conv(3), L.batchNormalization({}), relu()),
    twin([4, 4, 3], conv(2), L.batchNormalization({})),
  ]),
  chain('tied weights of one layer', VECTOR, () => [dense(6, { activation: 'tanh' }), new TiedAutoencoder({})]),
  modelCase(
    'tied weights of two layers',
    VECTOR,
    graph(VECTOR, (x) => {
      const into = dense(4, { activation: 'tanh' });
      return through(x, into, new Transposed(into));
    }),
  ),
  chain('frozen Dense', VECTOR, () => [dense(6), dense(5, { trainable: false, activation: 'tanh' }), dense(4)]),
  chain('frozen BatchNormalization', VECTOR, () => [dense(6), L.batchNormalization({ trainable: false }), relu()]),
  chain('Dropout in a deep network', VECTOR, () => [
    ...[6, 5, 6, 5, 6].flatMap((units, i) => [
      dense(units, { activation: 'tanh', useBias: i % 2 === 0 }),
      L.dropout({ rate: 0.2, seed: 3 + i }),
    ]),
  ]),
  modelCase(
    'two outputs',
    VECTOR,
    () => {
      const x = tf.input({ shape: VECTOR });
      const hidden = through(x, dense(6, { activation: 'relu' }));
      return tf.model({ inputs: x, outputs: [through(hidden, classifier()), through(hidden, dense(2))] });
    },
    { loss: ['categoricalCrossentropy', 'meanSquaredError'], second: 2 },
  ),
];

const logits: Loss = (y, z) => tf.neg(tf.sum(tf.mul(y, tf.logSoftmax(z)), -1));
const focal: Loss = (y, p) => tf.neg(tf.sum(tf.mul(y, tf.mul(tf.square(tf.sub(1, p)), tf.log(p))), -1));
const perUnit: Loss = (y, p) => tf.sub(tf.sqrt(tf.add(1, tf.square(tf.sub(y, p)))), 1);
const classWeight = { 0: 0.5, 1: 3, 2: 1, 3: 2 };
const many = (count: number, classes: number) => Array.from({ length: count }, (_, i) => (i * i) % classes);

const learning: ModelCase[] = [
  heads('two softmax units', () => classifier(2), { classes: 2, labels: [0, 1, 0, 0, 0, 1, 0] }),
  heads('one sigmoid unit', () => dense(1, { activation: 'sigmoid' }), {
    classes: 2,
    labels: [0, 1, 0, 0, 0, 1, 0],
    form: 'column',
    loss: 'binaryCrossentropy',
  }),
  heads('one example', () => classifier(), { labels: [2] }),
  heads('one class only', () => classifier(), { labels: [2, 2, 2, 2, 2, 2] }),
  heads('thirty classes', () => classifier(30), { classes: 30, labels: many(12, 30) }),
  heads('more examples than weights', () => classifier(), { labels: many(64, 4) }),
  heads('label indices', () => classifier(), { form: 'indices', loss: 'sparseCategoricalCrossentropy' }),
  heads('logits under a loss of its own', () => dense(CLASSES), { loss: logits }),
  heads('focal loss', () => classifier(), { loss: focal }),
  heads('a loss per output unit', () => classifier(), { loss: perUnit }),
  heads('class weights', () => classifier(), { classWeight }),
  heads('momentum without Nesterov', () => classifier(), { optimizer: () => tf.train.momentum(0.1, 0.9) }),
  chain('class weights and BatchNormalization', VECTOR, () => [dense(5), L.batchNormalization({}), relu()], {
    classWeight,
    form: 'indices',
    loss: 'sparseCategoricalCrossentropy',
  }),
  chain('wide layers, few examples', VECTOR, () => [dense(64, { activation: 'gelu' }), dense(48)], {
    labels: [0, 3, 3],
  }),
];

/** Every layer with weights, activation, loss and optimizer of tfjs that trains, and the ways to put them together. */
export const MODELS: readonly ModelCase[] = [
  ...CASES.filter(({ refused }) => refused === undefined).map(networkCase),
  ...[recurrent, images, shared, learning].flat(),
];
