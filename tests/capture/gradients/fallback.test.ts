import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type GradientListener, listenToGradients } from '../../../src/capture/engine/gradients.ts';
import { tapeFault } from '../../../src/capture/engine/tape-probe.ts';
import type { TfLike } from '../../../src/tf.ts';
import { accelerateTraining, registerTrainingKernels } from '../../../src/wasm/index.ts';
import { type Alterations, alteredTf } from '../../support/altered-engine.ts';
import { classGramByCopies, dot, type LabelledBatch, lossOf } from '../../support/class-copies.ts';
import { fullGram, trainStep, watched } from '../../support/class-gradients-of.ts';
import { generator } from '../../support/generator.ts';
import type { ModelCase } from '../../support/model-case.ts';
import { MODELS } from '../../support/model-matrix.ts';
import { recording } from '../../support/recording.ts';
import { tf, wasm } from '../../support/tensorflow.ts';
import { blobs, weightsOf } from '../../support/toys.ts';

beforeAll(async () => {
  await wasm();
  registerTrainingKernels(tf);
});
afterEach(() => void vi.restoreAllMocks());

const TOLERANCE = 5e-6;
const everyStep = () => true;

/** Sentences told from now on. */
function sentences(): string[] {
  const told: string[] = [];
  vi.spyOn(console, 'warn').mockImplementation((sentence: string) => void told.push(sentence));
  return told;
}

/** Math.random becomes a seeded generator that counts its draws. */
function seeded(seed = 1): { readonly draws: number } {
  const random = generator(seed);
  const spy = vi.spyOn(Math, 'random').mockImplementation(random);
  return {
    get draws() {
      return spy.mock.calls.length;
    },
  };
}

function distance(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  const scale = Math.max(...Array.from(expected, Math.abs), 1e-30);
  return Math.max(...Array.from(expected, (value, i) => Math.abs(got[i]! - value))) / scale;
}

const BACKENDS = ['wasm', 'accelerated wasm', 'cpu'];

/** Goes to a backend; the returned function goes back to wasm. */
async function enter(name: string): Promise<() => Promise<void>> {
  await tf.setBackend(name.split(' ').at(-1)!);
  const kernels = name.startsWith('accelerated') ? accelerateTraining(tf) : null;
  return async () => {
    kernels?.restore();
    await tf.setBackend('wasm');
  };
}

describe('the probe of the tape', () => {
  test.each(BACKENDS)('finds nothing missing on %s', async (name) => {
    const leave = await enter(name);
    expect(tapeFault(alteredTf())).toBeNull();
    await leave();
  });

  const altered: [string, Alterations, RegExp][] = [
    ['the tape', { withoutTape: true }, /Expected the operations .*state\.activeTape, as in TensorFlow\.js 4\.22, got/],
    ['kernels that can be seen', { fixedKernels: true }, /Expected operations to run their kernels through/],
    ['a runKernel that can be set', { frozenKernels: true }, /Expected a small gradient .* \(.*runKernel/],
    ['gradients', { withoutGradients: true }, /Expected tf\.engine\(\)\.gradients to be a function, as in/],
  ];

  test.each(altered)('says in a sentence that tfjs lacks %s', (_, alterations, sentence) => {
    const before = tf.memory();
    expect(tapeFault(alteredTf(alterations))).toMatch(sentence);
    expect(tf.memory().numTensors).toBe(before.numTensors);
  });

  test('leaves no tensor, no variable, no number of a variable and no draw behind', () => {
    const numberOf = () => {
      const variable = tf.variable(tf.scalar(1));
      variable.dispose();
      return Number(variable.name);
    };
    const random = vi.spyOn(Math, 'random');
    const before = { ...tf.memory() };
    const variables = Object.keys(tf.engine().registeredVariables).length;
    const first = numberOf();
    tapeFault(alteredTf());
    expect(numberOf()).toBe(first + 1);
    expect(Object.keys(tf.engine().registeredVariables).length).toBe(variables);
    expect(tf.memory().numTensors).toBe(before.numTensors + 2);
    expect(random).not.toHaveBeenCalled();
  });

  test('is seen by nobody who listens to gradients, and they go on listening', () => {
    const copy = alteredTf();
    const seen: string[] = [];
    const listener: GradientListener = {
      before: () => void seen.push('before'),
      forward: () => void seen.push('forward'),
      backward: () => void seen.push('backward'),
      after: () => void seen.push('after'),
      failed: () => void seen.push('failed'),
    };
    const stop = listenToGradients(copy, listener);
    expect(tapeFault(copy)).toBeNull();
    expect(seen).toEqual([]);
    const weight = tf.variable(tf.scalar(1));
    tf.dispose(tf.variableGrads(() => tf.square(weight) as tf.Scalar, [weight]) as never);
    expect(seen).toEqual(['before', 'forward', 'backward', 'after']);
    stop();
    weight.dispose();
  });

  test('is made once per engine', () => {
    const copy = alteredTf();
    tapeFault(copy);
    const gradients = vi.spyOn(tf.engine(), 'gradients' as never);
    tapeFault(copy);
    expect(gradients).not.toHaveBeenCalled();
  });
});

const withoutTape = () => alteredTf({ withoutTape: true });

/** One pass per class over the part of the loss that its examples have, regularisers left out: the definition by loss. */
function classGramByLoss(model: tf.LayersModel, batch: LabelledBatch, classes: number): number[] {
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const before = model.getWeights().map((weight) => weight.clone());
  const gradients = Array.from({ length: classes }, (_, c) => {
    const weights = batch.labels.map((label, i) => (label === c ? (batch.weights?.[i] ?? 1) : 0));
    const { value, grads } = tf.variableGrads(() => lossOf(model, { ...batch, weights }), variables);
    const flat = variables.flatMap(({ name, size }) => [...(grads[name]?.dataSync() ?? new Float32Array(size))]);
    tf.dispose([value, grads] as never);
    return flat;
  });
  model.setWeights(before);
  tf.dispose(before);
  return gradients.flatMap((a) => gradients.map((b) => dot(a, b)));
}

/** The scalar losses and those of the user's own can't be repeated; the others are compared with their definition. */
async function compare(one: ModelCase, as: TfLike): Promise<void> {
  const told = sentences();
  const [watchedModel, plain] = [one.make(), one.make()];
  const batch = one.batch();
  const { steps, recording } = await watched(watchedModel, { numClasses: one.classes, schedule: everyStep }, as);
  const expected: number[][] = [];
  for (let step = 0; step < 2; step++) {
    expected.push(
      one.batchNorm
        ? classGramByLoss(plain, batch, one.classes)
        : classGramByCopies(plain, batch, one.classes).gram.flat(),
    );
    await trainStep(watchedModel, batch, one);
    await trainStep(plain, batch, one);
    expect(weightsOf(watchedModel)).toEqual(weightsOf(plain));
  }
  await recording.monitor.flush();
  const refused = told.find((sentence) => sentence.includes('Class gradients are not measured'));
  expect(refused ?? '').toMatch(UNREPEATABLE.test(one.name) ? /one number|of your own/ : /^$/);
  expect(recording.monitor.coverage).toBe(refused === undefined ? 1 : 0);
  expect(steps.map(({ step }) => step)).toEqual(refused === undefined ? [0, 1] : []);
  steps.forEach(({ gradients }, step) => {
    expect(distance(fullGram(gradients, one.classes), expected[step]!), `Gram of step ${step}`).toBeLessThan(TOLERANCE);
    expect(gradients.squares).toBeNull();
  });
  await recording.monitor.close();
  tf.dispose([watchedModel.getWeights(), plain.getWeights(), batch.xs, batch.ys]);
}

const UNREPEATABLE = /tf\.losses|per output unit|of its own|focal loss/;
const models = MODELS.filter(({ accelerated }) => !accelerated);

describe('class gradients without a tape', () => {
  test.each(models)('$name: those of one pass per class, with identical weights', (one) => compare(one, withoutTape()));

  test('are read asynchronously where reading stalls', async () => {
    const [one] = models.filter(({ name }) => name.includes('BatchNormalization'));
    const copy = { ...withoutTape(), getBackend: () => 'webgl' };
    const sync = vi.spyOn(tf.Tensor.prototype, 'dataSync');
    sentences();
    const [model, batch] = [one!.make(), one!.batch()];
    const { steps, recording } = await watched(model, { numClasses: one!.classes }, copy);
    const [plain, calls] = [one!.make(), sync.mock.calls.length];
    await trainStep(model, batch, one!);
    expect(sync.mock.calls.length).toBe(calls);
    await recording.monitor.flush();
    const expected = classGramByLoss(plain, batch, one!.classes);
    expect(distance(fullGram(steps[0]!.gradients, one!.classes), expected)).toBeLessThan(TOLERANCE);
    await recording.monitor.close();
  });
});

const COUNTS = [40, 20, 4];

/** Batch normalization, dropout without a seed, a regulariser, metrics: everything that repeating could disturb. */
function delicate(): tf.Sequential {
  const init = (seed: number) => tf.initializers.glorotUniform({ seed });
  const regularizer = tf.regularizers.l2({ l2: 0.05 });
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 12, inputShape: [8], kernelInitializer: init(1), kernelRegularizer: regularizer }),
      tf.layers.batchNormalization(),
      tf.layers.activation({ activation: 'relu' }),
      tf.layers.dropout({ rate: 0.4 }),
      tf.layers.gaussianNoise({ stddev: 0.1 }),
      tf.layers.dense({ units: 3, activation: 'softmax', kernelInitializer: init(2) }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}

const trained = async (model: tf.LayersModel, steps = 10) => {
  const { xs, ys } = blobs(COUNTS);
  const { history } = await model.fit(xs, ys, { epochs: steps, batchSize: 64, shuffle: false, verbose: 0 });
  tf.dispose([xs, ys]);
  return history;
};

describe('repeated passes', () => {
  test.each(BACKENDS)(
    'leave weights, moving statistics, draws and history as they would have been, on %s',
    async (name) => {
      const leave = await enter(name);
      const random = seeded();
      const plain = delicate();
      const expected = await trained(plain);
      const draws = random.draws;
      vi.restoreAllMocks();
      const again = seeded();
      const model = delicate();
      sentences();
      const { steps, recording } = await watched(model, { schedule: everyStep, numClasses: 3 }, withoutTape());
      const history = await trained(model);
      await recording.monitor.close();
      expect(weightsOf(model)).toEqual(weightsOf(plain));
      expect(history).toEqual(expected);
      expect(again.draws).toBe(draws);
      expect(draws).toBeGreaterThan(10);
      // A measurement costs more than a step: whatever the budget, not every step has one.
      expect(steps.length).toBeGreaterThan(3);
      await leave();
    },
  );

  test('have the dropout of the training pass: the classes add up to its gradient', async () => {
    seeded();
    sentences();
    const model = delicate();
    const { steps, recording } = await watched(model, { schedule: everyStep, numClasses: 3 }, withoutTape());
    const { xs, ys } = blobs(COUNTS);
    const gradient: number[] = [];
    const stop = listenToGradients(tf, {
      before() {},
      forward() {},
      backward: (gradients) => void gradient.push(...gradients.flatMap((one) => [...one!.dataSync()])),
      after() {},
      failed() {},
    });
    // The gradient of the regulariser is taken off.
    const kernel = (model.layers[0]!.getWeights()[0]!.dataSync() as Float32Array).slice();
    await model.trainOnBatch(xs, ys);
    stop();
    await recording.monitor.close();
    const rest = gradient.map((value, i) => value - (i < kernel.length ? 2 * 0.05 * kernel[i]! : 0));
    expect(Math.abs(steps[0]!.gradients.total / dot(rest, rest) - 1)).toBeLessThan(1e-5);
  });

  test('are compared with the update', async () => {
    sentences();
    const model = delicate();
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    model.layers[0]!.trainable = false;
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    const { steps, recording } = await watched(model, { numClasses: 3 }, withoutTape());
    await trained(model, 1);
    await recording.monitor.close();
    const { along, alongUpdate } = steps[0]!.gradients;
    // Plain SGD moves against the gradient, and no regulariser trains here.
    along.forEach((value, c) => {
      expect(Math.abs(alongUpdate![c]! / (0.1 * value) - 1)).toBeLessThan(1e-3);
    });
  });

  test('leave no tensor behind', async () => {
    sentences();
    const model = delicate();
    const { xs, ys } = blobs(COUNTS);
    await model.trainOnBatch(xs, ys);
    const before = tf.memory().numTensors;
    const { recording } = await watched(model, { schedule: everyStep, numClasses: 3 }, withoutTape());
    const during: number[] = [];
    for (let step = 0; step < 20; step++) {
      expect(await model.trainOnBatch(xs, ys)).toHaveLength(2);
      during.push(tf.memory().numTensors);
    }
    await trained(model, 3);
    await recording.monitor.close();
    expect(new Set(during).size).toBe(1);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('are made on schedule, and less often where the budget says so', async () => {
    sentences();
    const model = delicate();
    const on = (step: number) => step % 3 === 0;
    const { steps, recording } = await watched(model, { schedule: on, numClasses: 3 }, withoutTape());
    await trained(model, 8);
    await recording.monitor.close();
    expect(steps.map(({ step }) => step)).toEqual([0, 3, 6]);
    const other = delicate();
    const options = { schedule: everyStep, numClasses: 3, budget: 0.05 };
    const spaced = await watched(other, options, withoutTape());
    await trained(other, 100);
    await spaced.recording.monitor.close();
    expect(spaced.steps.length).toBeLessThan(30);
    expect(spaced.steps[0]!.step).toBe(0);
  });

  test('that throw are given up with a sentence: training, Math.random and tensors are as without', async () => {
    class Fragile extends tf.layers.Layer {
      static readonly className = 'Fragile';
      calls = 0;
      private readonly failsAt: number;
      constructor(failsAt: number) {
        super({});
        this.failsAt = failsAt;
      }
      override computeOutputShape(shape: tf.Shape): tf.Shape {
        return shape;
      }
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        this.calls++;
        if (this.calls === this.failsAt) throw new Error('not twice');
        return tf.tanh(Array.isArray(inputs) ? inputs[0]! : inputs);
      }
    }
    const make = (failsAt: number) => {
      const body = delicate();
      const model = tf.sequential({ layers: [...body.layers, new Fragile(failsAt)] });
      model.compile({ optimizer: tf.train.adam(0.01), loss: 'meanSquaredError', metrics: ['accuracy'] });
      return model;
    };
    seeded();
    const plain = make(0);
    const expected = await trained(plain);
    vi.restoreAllMocks();
    seeded();
    const told = sentences();
    const model = make(3);
    const random = Math.random;
    const copy = alteredTf({ fixedKernels: true });
    const { steps, recording } = await watched(model, { schedule: everyStep, numClasses: 3 }, copy);
    const before = tf.memory().numTensors;
    const history = await trained(model, 1);
    const after = tf.memory().numTensors;
    const more = await trained(model, 9);
    // At its first step Adam makes two moments of each of six weights.
    expect([after - before, tf.memory().numTensors - after]).toEqual([12, 0]);
    await recording.monitor.close();
    expect(Object.fromEntries(Object.keys(expected).map((key) => [key, [...history[key]!, ...more[key]!]]))).toEqual(
      expected,
    );
    expect(weightsOf(model)).toEqual(weightsOf(plain));
    expect(Math.random).toBe(random);
    expect(steps).toEqual([]);
    expect(told.join('\n')).toMatch(/Class gradients are not measured: a step could not be repeated \(not twice\)/);
  });
});

describe('where steps can not be repeated', () => {
  const simple = (loss: unknown, layers: tf.layers.Layer[] = []) => {
    const init = tf.initializers.glorotUniform({ seed: 3 });
    const last = tf.layers.dense({ units: 3, activation: 'softmax', kernelInitializer: init, inputShape: [8] });
    const model = tf.sequential({ layers: [...layers, last] });
    model.compile({ optimizer: tf.train.sgd(0.1), loss: loss as string });
    return model;
  };
  const hooked = () => {
    const model = simple('categoricalCrossentropy');
    model.layers[0]!.setCallHook(() => {});
    return model;
  };
  const stateful = () => {
    const layers = [
      tf.layers.reshape({ targetShape: [4, 2], batchInputShape: [64, 8] }),
      tf.layers.simpleRNN({ units: 4, stateful: true, kernelInitializer: 'ones', recurrentInitializer: 'identity' }),
    ];
    return simple('categoricalCrossentropy', layers);
  };
  const mean = (labels: tf.Tensor, predictions: tf.Tensor) => tf.losses.meanSquaredError(labels, predictions);

  const cases: [string, () => tf.LayersModel, RegExp][] = [
    ['a loss of the user', () => simple(mean), /a loss is a function of your own/],
    ['a loss of one number', () => simple(tf.losses.meanSquaredError), /the loss is one number for the whole batch/],
    ['a layer with a state', stateful, /the layer .* keeps its state from batch to batch/],
    ['a layer with a hook', hooked, /the layer .* calls a hook of yours/],
  ];

  test.each(cases)('%s: one sentence says so, and training goes on', async (_, make, sentence) => {
    const told = sentences();
    const [model, plain] = [make(), make()];
    const { steps, recording } = await watched(model, { numClasses: 3 }, withoutTape());
    const untrained = weightsOf(model);
    await trained(model);
    await trained(plain);
    expect(weightsOf(model)).toEqual(weightsOf(plain));
    expect(weightsOf(model)).not.toEqual(untrained);
    expect(recording.monitor.coverage).toBe(0);
    await recording.monitor.close();
    expect(steps).toEqual([]);
    const refusals = told.filter((one) => one.includes('Class gradients are not measured:'));
    expect(refusals).toHaveLength(1);
    expect(refusals[0]).toMatch(sentence);
    // What needs no class gradients is not bound to the schedule.
    expect(recording.of('model/gradient-norm').length).toBeGreaterThan(1);
  });

  test('a loop without a LayersModel: one sentence says so, and training goes on', async () => {
    const told = sentences();
    const { xs, ys } = blobs(COUNTS);
    const weight = tf.variable(tf.zeros([8, 3]));
    const optimizer = tf.train.sgd(0.1);
    const { monitor, of } = await recording(withoutTape(), null, { optimizer, numClasses: 3 });
    for (let step = 0; step < 3; step++) {
      optimizer.minimize(
        () => tf.losses.softmaxCrossEntropy(ys, monitor.observe(tf.matMul(xs, weight), ys)) as tf.Scalar,
        false,
        [weight],
      );
    }
    await monitor.close();
    expect(of('train/class-recall')).toHaveLength(3);
    expect(of('train/class-grad-norm')).toHaveLength(0);
    expect(told.filter((one) => one.includes('are not measured without a LayersModel'))).toHaveLength(1);
    expect([...weight.dataSync()].some((value) => value !== 0)).toBe(true);
    weight.dispose();
  });
});
