import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { WatchOptions } from '../../../src/options.ts';
import { classMetrics } from '../../../src/suite.ts';
import { watchModel } from '../../../src/watch.ts';
import { type ForkedBatch, forked, forkedBatch, type Head } from '../../support/forked.ts';
import { type Measurement, type Recording, recording } from '../../support/recording.ts';
import { tf, wasm } from '../../support/tensorflow.ts';
import { net, weightsOf } from '../../support/toys.ts';

beforeAll(wasm);
afterEach(() => void vi.restoreAllMocks());

const CROSS_ENTROPY = 'categoricalCrossentropy';
const LOSSES = { size: CROSS_ENTROPY, digit: CROSS_ENTROPY, value: 'meanSquaredError', flag: 'binaryCrossentropy' };
const CLASSES = { size: 3, digit: 5 };
type Watched = keyof typeof CLASSES;
const ORDERS: Head[][] = [
  ['size', 'digit'],
  ['digit', 'size'],
];

function compiled(heads: readonly Head[], optimizer: tf.Optimizer = tf.train.sgd(0.1)): tf.LayersModel {
  const model = forked(heads);
  model.compile({ optimizer, loss: heads.map((head) => LOSSES[head]) });
  return model;
}

/** Every figure of one output, slowly, from what the model predicts. */
function figuresOf(model: tf.LayersModel, at: number, head: Watched, { xs, labels }: ForkedBatch) {
  const rows = (model.predict(xs) as tf.Tensor2D[])[at]!.arraySync();
  const truth = labels[head];
  const classes = Array.from({ length: CLASSES[head] }, (_, c) => c);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const losses = rows.map((row, i) => -Math.log(row[truth[i]!]!));
  const guesses = rows.map((row) => row.indexOf(Math.max(...row)));
  const own = (c: number) => [...truth.keys()].filter((i) => truth[i] === c);
  return {
    support: classes.map((c) => own(c).length),
    'class-loss': classes.map((c) => mean(own(c).map((i) => losses[i]!))),
    'class-recall': classes.map((c) => mean(own(c).map((i) => (guesses[i] === c ? 1 : 0)))),
    'predicted-fraction': classes.map((c) => mean(guesses.map((guess) => (guess === c ? 1 : 0)))),
    'mean-probability': classes.map((c) => mean(rows.map((row) => row[c]!))),
    confusion: classes.flatMap((a) => classes.map((b) => own(a).filter((i) => guesses[i] === b).length)),
    loss: [mean(losses)],
  };
}

/** The norms of the columns of a layer's kernel. */
function columnNorms(model: tf.LayersModel, layer: string): number[] {
  const kernel = model.getLayer(layer).getWeights()[0]!.arraySync() as number[][];
  return kernel[0]!.map((_, c) => Math.hypot(...kernel.map((row) => row[c]!)));
}

function expectClose(measured: Measurement | undefined, expected: readonly number[], name: string): void {
  expect(measured?.values, name).toHaveLength(expected.length);
  measured!.values.forEach((value, i) => {
    expect(value, `${name}[${i}]`).toBeCloseTo(expected[i]!, 5);
  });
}

const ysOf = (heads: readonly Head[], { ys }: ForkedBatch) => heads.map((head) => ys[head]);

/** One step of a model under watch. */
async function watchedStep(
  model: tf.LayersModel,
  heads: readonly Head[],
  batch: ForkedBatch,
  options: WatchOptions,
): Promise<Recording> {
  const seen = await recording(tf, model, options);
  await model.trainOnBatch(batch.xs, ysOf(heads, batch));
  await seen.monitor.close();
  return seen;
}

describe.each(ORDERS.map((heads) => ({ heads })))('of the outputs $heads', ({ heads }) => {
  const cases = (['size', 'digit'] as const).flatMap((head) => [
    { head, output: head },
    { head, output: heads.indexOf(head) },
  ]);

  test.each(cases)('the one that is watched ($output) is what every record is about', async ({ head, output }) => {
    const batch = forkedBatch();
    const model = compiled(heads);
    const expected = figuresOf(model, heads.indexOf(head), head, batch);
    const norms = columnNorms(model, head === 'digit' ? 'digit-logits' : head);
    const probe = { xs: batch.xs, ys: batch.ys[head] };
    const { of } = await watchedStep(model, heads, batch, { output, probe, numClasses: CLASSES[head] });
    for (const [metric, values] of Object.entries(expected)) {
      expectClose(of(`probe/${metric}`)[0], values, `probe/${metric}`);
    }
    for (const metric of ['support', 'class-loss', 'class-recall'] as const) {
      expectClose(of(`train/${metric}`)[0], expected[metric], `train/${metric}`);
    }
    expectClose(of('model/classifier-norm')[0], norms, 'model/classifier-norm');
    expect(of('train/class-grad-norm')[0]!.values).toHaveLength(CLASSES[head]);
  });

  test('the first one is watched where nothing is said', async () => {
    const batch = forkedBatch();
    const model = compiled(heads);
    const head = heads[0] as Watched;
    const expected = figuresOf(model, 0, head, batch);
    const { of } = await watchedStep(model, heads, batch, { probe: { xs: batch.xs, ys: batch.ys[head] } });
    expectClose(of('train/class-loss')[0], expected['class-loss'], 'train/class-loss');
    expectClose(of('probe/class-loss')[0], expected['class-loss'], 'probe/class-loss');
  });

  test('the weights are bit-identical to those without a monitor', async () => {
    const { xs, ys } = forkedBatch();
    const train = async (output: Watched | null) => {
      const model = compiled(heads, tf.train.adam(0.01));
      const options = output && { output, probe: { xs, ys: ys[output] }, schedule: () => true, budget: 1 };
      const { monitor } = options ? await recording(tf, model, options) : { monitor: null };
      const targets = heads.map((head) => ys[head]);
      const callbacks = monitor?.callbacks ?? [];
      await model.fit(xs, targets, { epochs: 3, batchSize: 16, shuffle: false, verbose: 0, callbacks });
      await monitor?.close();
      return weightsOf(model);
    };
    const alone = await train(null);
    for (const output of ['size', 'digit'] as const) expect(await train(output)).toEqual(alone);
  });

  test('the loss functions are those of the model again after a step', async () => {
    const batch = forkedBatch();
    const model = compiled(heads);
    const { lossFunctions } = model as unknown as { lossFunctions: unknown[] };
    const own = [...lossFunctions];
    await watchedStep(model, heads, batch, { output: 1 });
    expect([lossFunctions.length, lossFunctions.every((one, i) => one === own[i])]).toEqual([2, true]);
  });
});

test('the loss of a step is that of all outputs, which is what training minimises', async () => {
  const batch = forkedBatch();
  const model = compiled(['size', 'digit']);
  const whole = figuresOf(model, 0, 'size', batch).loss[0]! + figuresOf(model, 1, 'digit', batch).loss[0]!;
  const { of } = await watchedStep(model, ['size', 'digit'], batch, { output: 'digit' });
  expectClose(of('train/loss')[0], [whole], 'train/loss');
});

test('of two outputs with as many classes each, the classifier is the one before the watched output', async () => {
  const inputs = tf.input({ shape: [8] });
  const heads = ['left', 'right'].map((name, i) => {
    const kernelInitializer = tf.initializers.glorotUniform({ seed: 7 + i });
    return tf.layers.dense({ name, units: 5, activation: 'softmax', kernelInitializer }).apply(inputs);
  });
  const model = tf.model({ inputs, outputs: heads as tf.SymbolicTensor[] });
  model.compile({ optimizer: tf.train.sgd(0), loss: CROSS_ENTROPY });
  const { xs, ys } = forkedBatch();
  for (const output of ['left', 'right']) {
    const { monitor, of } = await recording(tf, model, { output });
    await model.trainOnBatch(xs, [ys.digit, ys.digit]);
    await monitor.close();
    expectClose(of('model/classifier-norm')[0], columnNorms(model, output), output);
  }
});

test.each([
  ['logits', 1, Math.E / (Math.E + 2)],
  ['probabilities', 0, 1],
] as const)('an output of %s beside one of the other kind is taken for what it is', async (_, output, expected) => {
  const inputs = tf.input({ shape: [8] });
  const dense = (activation: 'softmax' | 'linear') =>
    tf.layers.dense({ units: 3, activation, kernelInitializer: 'zeros' }).apply(inputs) as tf.SymbolicTensor;
  // Both put out [1, 0, 0] everywhere.
  const model = tf.model({ inputs, outputs: [dense('softmax'), dense('linear')] });
  model.layers.at(-2)!.setWeights([tf.zeros([8, 3]), tf.tensor1d([50, 0, 0])]);
  model.layers.at(-1)!.setWeights([tf.zeros([8, 3]), tf.tensor1d([1, 0, 0])]);
  const softmax = tf.losses.softmaxCrossEntropy as (y: tf.Tensor, z: tf.Tensor) => tf.Tensor;
  model.compile({ optimizer: 'sgd', loss: [CROSS_ENTROPY, softmax] as never });
  const { xs, ys } = forkedBatch();
  const { monitor, of } = await recording(tf, model, { output, probe: { xs, ys: ys.size } });
  await model.trainOnBatch(xs, [ys.size, ys.size]);
  await monitor.close();
  expect(of('probe/mean-probability')[0]!.values[0]).toBeCloseTo(expected, 6);
});

describe('a regression head first', () => {
  const heads: Head[] = ['value', 'digit'];

  test('is not watched as if it were a classifier: one sentence names the outputs and the option', async () => {
    const model = compiled(heads);
    await expect(recording(tf, model, { numClasses: 5 })).rejects.toThrow(
      /^Expected the first output of the model to tell classes apart, got "value" with one unit and no sigmoid: choose one of "value", "digit" with the option output\.$/,
    );
  });

  test('leaves the digits to be watched by name, with losses by name in any order', async () => {
    const batch = forkedBatch();
    const model = forked(heads);
    const loss = { digit: 'sparseCategoricalCrossentropy', value: 'meanSquaredError' };
    model.compile({ optimizer: tf.train.sgd(0.1), loss });
    const expected = figuresOf(model, 1, 'digit', batch);
    const indices = tf.tensor1d([...batch.labels.digit], 'float32');
    const { monitor, of } = await recording(tf, model, {
      output: 'digit',
      probe: { xs: batch.xs, ys: batch.ys.digit },
    });
    await model.trainOnBatch(batch.xs, { value: batch.ys.value, digit: indices } as never);
    await monitor.close();
    expectClose(of('train/class-loss')[0], expected['class-loss'], 'train/class-loss');
    expectClose(of('probe/class-loss')[0], expected['class-loss'], 'probe/class-loss');
    expectClose(of('probe/loss')[0], expected.loss, 'probe/loss');
  });

  test.each([
    ['flag', 'meanSquaredError'],
    ['value', 'binaryCrossentropy'],
  ] as const)('of one unit is a classifier by its sigmoid or by its loss: %s, %s', async (head, loss) => {
    const model = forked([head, 'digit']);
    model.compile({ optimizer: 'sgd', loss: [loss, CROSS_ENTROPY] });
    const { xs, ys } = forkedBatch();
    const { monitor, of } = await recording(tf, model);
    await model.trainOnBatch(xs, [ys.flag, ys.digit]);
    await monitor.close();
    expect(of('train/support')[0]!.values).toEqual([30, 30]);
  });
});

describe('is refused with a sentence:', () => {
  const two = () => compiled(['size', 'digit']);
  const one = () => compiled(['digit']);
  const cases: [string, () => tf.LayersModel, WatchOptions, RegExp][] = [
    [
      'a name of no output',
      two,
      { output: 'digits' },
      /^Expected output to be one of "size", "digit" or an index from 0 to 1, got "digits": did you mean "digit"\?$/,
    ],
    [
      'an index out of range',
      two,
      { output: 2 },
      /^Expected output to be one of "size", "digit" or an index from 0 to 1, got 2\.$/,
    ],
    [
      'another name where there is one output',
      one,
      { output: 'size' },
      /^Expected output to be "digit" or 0, the only output of the model, got "size": leave the option out\.$/,
    ],
    [
      'another index where there is one output',
      one,
      { output: 1 },
      /^Expected output to be "digit" or 0, the only output of the model, got 1: leave the option out\.$/,
    ],
    [
      'a negative index',
      two,
      { output: -1 },
      /^Expected output to be the name of an output layer or its index \(0, 1, \.\.\.\), got -1\.$/,
    ],
    [
      'half an index',
      two,
      { output: 0.5 },
      /^Expected output to be the name of an output layer or its index \(0, 1, \.\.\.\), got 0\.5\.$/,
    ],
    [
      'what is neither',
      two,
      { output: ['digit'] as never },
      /^Expected the option output to be a string or number, got a list\.$/,
    ],
    [
      'a name before the model is built',
      () => tf.sequential(),
      { output: 'digit', numClasses: 5 },
      /^Expected a model that is built where output is "digit", got one without outputs yet: add its layers first, or leave the option out\.$/,
    ],
    [
      'another number of classes',
      two,
      { output: 'digit', numClasses: 3 },
      /^Expected as many classes everywhere, got 3 \(classNames or numClasses\) and 5 \(output "digit" of the model, which the option output chooses\)\.$/,
    ],
  ];
  test.each(cases)('%s', async (_, model, options, sentence) => {
    await expect(recording(tf, model(), options)).rejects.toThrow(sentence);
  });

  test('any output where there is no LayersModel', async () => {
    const options = { optimizer: tf.train.sgd(0.1), numClasses: 3, output: 0 };
    await expect(recording(tf, null, options)).rejects.toThrow(
      /^Expected no option output without a LayersModel, got 0: it has no meaning there; /,
    );
  });

  test('a name that several outputs have', async () => {
    const [a, b] = [tf.input({ shape: [8] }), tf.input({ shape: [8] })];
    const shared = tf.layers.dense({ name: 'both', units: 3, activation: 'softmax' });
    const outputs = [a, b].map((input) => shared.apply(input) as tf.SymbolicTensor);
    const model = tf.model({ inputs: [a, b], outputs });
    model.compile({ optimizer: 'sgd', loss: CROSS_ENTROPY });
    await expect(recording(tf, model, { output: 'both' })).rejects.toThrow(
      /^Expected output to name one output, got "both", the name of several: give its index\.$/,
    );
    const { monitor } = await recording(tf, model, { output: 1 });
    await monitor.close();
  });

  test('a list as labels of the probe', async () => {
    const { xs, ys } = forkedBatch();
    const probe = { xs, ys: [ys.size, ys.digit] as never };
    await expect(recording(tf, two(), { output: 'digit', probe })).rejects.toThrow(
      /^Expected the labels of probe as one tensor, got a list of 2: pass those of the watched output alone\.$/,
    );
  });
});

test('the only output may be named', async () => {
  for (const output of ['digit', 0]) {
    const { monitor } = await recording(tf, compiled(['digit']), { output });
    await monitor.close();
  }
  const { monitor } = await recording(tf, net(3), { output: 0, optimizer: tf.train.sgd(0.1) });
  await monitor.close();
});

test('a predict of the user that gives all outputs is asked for the watched one', async () => {
  const batch = forkedBatch();
  const model = compiled(['size', 'digit']);
  const expected = figuresOf(model, 1, 'digit', batch);
  const predict = (xs: tf.Tensor) => model.predict(xs);
  const probe = { xs: batch.xs, ys: batch.ys.digit };
  const { of } = await watchedStep(model, ['size', 'digit'], batch, { output: 'digit', probe, predict });
  expectClose(of('probe/class-loss')[0], expected['class-loss'], 'probe/class-loss');
});

test('a predict that has fewer outputs is told, and training goes on', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const batch = forkedBatch();
  const model = compiled(['size', 'digit']);
  const predict = (xs: tf.Tensor) => (model.predict(xs) as tf.Tensor[]).slice(0, 1);
  const probe = { xs: batch.xs, ys: batch.ys.digit };
  const { of } = await watchedStep(model, ['size', 'digit'], batch, { output: 'digit', probe, predict });
  expect([of('probe/class-loss').length, of('train/class-loss').length]).toEqual([0, 1]);
  expect(warn.mock.calls.flat().join('\n')).toContain('Expected predict to give output 1 of the model, got 1 in all');
});

test('the callbacks take it, too', async () => {
  const batch = forkedBatch();
  const model = compiled(['size', 'digit']);
  const expected = figuresOf(model, 1, 'digit', batch);
  const found: Measurement[] = [];
  const onRecord = (record: { kind: string }) => {
    if (record.kind === 'measurement') found.push(record as Measurement);
  };
  const callbacks = classMetrics(tf, { output: 'digit', onRecord });
  await model.fit(batch.xs, ysOf(['size', 'digit'], batch), {
    batchSize: 60,
    epochs: 1,
    verbose: 0,
    shuffle: false,
    callbacks,
  });
  const loss = found.find(({ stream, metric }) => `${stream}/${metric}` === 'train/class-loss');
  expectClose(loss, expected['class-loss'], 'train/class-loss');
});

test('no tensor is left, whichever output is watched', async () => {
  const batch = forkedBatch();
  const model = compiled(['size', 'digit']);
  await model.trainOnBatch(batch.xs, ysOf(['size', 'digit'], batch));
  const before = tf.memory().numTensors;
  const probe = { xs: batch.xs, ys: batch.ys.digit };
  const monitor = await watchModel(tf, model, { output: 'digit', probe, schedule: () => true }, { onRecord: () => {} });
  for (let i = 0; i < 3; i++) tf.dispose(await model.trainOnBatch(batch.xs, ysOf(['size', 'digit'], batch)));
  await monitor.close();
  expect(tf.memory().numTensors).toBe(before);
});
