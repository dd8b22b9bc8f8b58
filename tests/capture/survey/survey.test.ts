import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { survey, type TfLike, UsageError } from '../../../src/index.ts';
import { generator } from '../../support/generator.ts';
import { Secretive } from '../../support/secretive.ts';
import { tf, wasm } from '../../support/tensorflow.ts';

beforeAll(wasm);

const { layers } = tf;
const seeded = (seed: number | null = null) => tf.initializers.heNormal(seed === null ? {} : { seed });
const inputs = (examples = 40, width = 6) => tf.randomNormal([examples, width], 0, 1, 'float32', 3);

/** Its seeds are fixed, as of a model that trains the same way each time. */
function plain(seed: number | null = 11, activation: 'softmax' | 'linear' = 'softmax'): tf.Sequential {
  return tf.sequential({
    layers: [
      layers.dense({ inputShape: [6], units: 12, activation: 'relu', kernelInitializer: seeded(seed) }),
      layers.dense({ units: 4, activation, kernelInitializer: seeded(seed) }),
    ],
  });
}

function withEverything(): tf.LayersModel {
  const [a, b] = [tf.input({ shape: [6] }), tf.input({ shape: [5, 2] })];
  const inner = tf.sequential({ layers: [layers.dense({ inputShape: [6], units: 5 }), layers.batchNormalization()] });
  const sequence = layers.bidirectional({ layer: layers.lstm({ units: 3, dropout: 0.2 }) as tf.RNN }).apply(b);
  const joined = layers.concatenate().apply([inner.apply(a) as tf.SymbolicTensor, sequence as tf.SymbolicTensor]);
  const head = layers.dense({ units: 3 }).apply(layers.dropout({ rate: 0.4 }).apply(joined));
  return tf.model({ inputs: [a, b], outputs: layers.softmax().apply(head) as tf.SymbolicTensor });
}

class Unregistered extends Secretive {
  static override className = 'Unregistered';
}

const own = (layer: tf.layers.Layer) =>
  tf.sequential({
    layers: [
      layers.dense({ inputShape: [6], units: 12, kernelInitializer: seeded() }),
      layer,
      layers.dense({ units: 3, kernelInitializer: seeded() }),
    ],
  });

const weightsOf = (model: tf.LayersModel) => model.getWeights().map((weight) => Array.from(weight.dataSync()));

/** Every test: as many tensors as before but for its own, the same Math.random, and no draw from it. */
let before: { tensors: number; random: () => number; draws: number };
const original = Math.random;
beforeEach(() => {
  const draw = generator(1);
  before = { tensors: tf.memory().numTensors, random: original, draws: 0 };
  before.random = () => {
    before.draws++;
    return draw();
  };
  Math.random = before.random;
});
afterEach(() => {
  Math.random = original;
});

/** Runs `f` with a model of its own and looks at everything that was there before. */
async function untouched<T>(model: tf.LayersModel, f: () => Promise<T>): Promise<T> {
  const [weights, tensors, draws] = [weightsOf(model), tf.memory().numTensors, before.draws];
  try {
    return await f();
  } finally {
    expect(weightsOf(model)).toEqual(weights);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(Math.random).toBe(before.random);
    expect(before.draws).toBe(draws);
  }
}

describe('initialises anew', () => {
  test('with other seeds than those of the model, differently each time, and the same with the same seed', async () => {
    const [model, xs] = [plain(), inputs()];
    const [one, again, other] = await untouched(model, async () => [
      await survey(tf, model, xs, { inits: 5 }),
      await survey(tf, model, xs, { inits: 5, seed: 1 }),
      await survey(tf, model, xs, { inits: 5, seed: 2 }),
    ]);
    expect(new Set(one!.evaluation.nodeMeans.map(String)).size).toBe(5);
    expect(again!.evaluation.nodeMeans).toEqual(one!.evaluation.nodeMeans);
    expect(other!.evaluation.nodeMeans).not.toEqual(one!.evaluation.nodeMeans);
    const { classes, inits, examples, training, cancelled, why } = one!;
    expect({ classes, inits, examples, training, cancelled, why }).toEqual({
      ...{ classes: 4, inits: 5, examples: 40, training: null, cancelled: false, why: null },
    });
  });

  test('without dependence on how many more come, or on what Math.random gives', async () => {
    const [model, xs] = [plain(null), inputs()];
    const few = await survey(tf, model, xs, { inits: 2 });
    Math.random = () => 0.5;
    const more = await survey(tf, model, xs, { inits: 3 });
    expect(more.evaluation.nodeMeans.slice(0, 2)).toEqual(few.evaluation.nodeMeans);
  });

  test('without a warning that the model has given already when it was made', async () => {
    const large = tf.initializers.orthogonal({});
    const model = tf.sequential({ layers: [layers.dense({ inputShape: [6], units: 400, kernelInitializer: large })] });
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const before = console.warn;
    await survey(tf, model, inputs(), { inits: 1 });
    expect(warn).not.toHaveBeenCalled();
    expect(console.warn).toBe(before);
    warn.mockRestore();
  });

  test('models of models, recurrent layers with dropout, two inputs: nothing is left of them', async () => {
    const model = withEverything();
    const xs = [inputs(), tf.randomNormal([40, 5, 2], 0, 1, 'float32', 4)];
    const { evaluation, training } = await untouched(model, () => survey(tf, model, xs, { inits: 3, batchSize: 16 }));
    for (const mode of [evaluation, training!]) {
      expect(mode.fractions.length).toBe(3);
      for (const row of mode.fractions) expect(row.reduce((sum, f) => sum + f)).toBeCloseTo(1, 12);
      expect(mode.topShares).toEqual(mode.fractions.map((row) => Math.max(...row)));
    }
    expect(training!.nodeMeans).not.toEqual(evaluation.nodeMeans);
  });

  test('whatever the batch size, the same; the logits behind softmax are measured', async () => {
    const [model, xs] = [plain(), inputs()];
    const whole = await survey(tf, model, xs, { inits: 2 });
    const split = await survey(tf, model, xs, { inits: 2, batchSize: 7 });
    expect(split.evaluation.fractions).toEqual(whole.evaluation.fractions);
    const linear = await survey(tf, plain(3, 'linear'), xs, { inits: 2 });
    expect(whole.evaluation.nodeMeans).toEqual(linear.evaluation.nodeMeans);
    expect(whole.evaluation.nodeVariances).toEqual(linear.evaluation.nodeVariances);
  });

  test('integer inputs, one sigmoid output, the cpu backend; a batch size fixed by the model', async () => {
    await tf.setBackend('cpu');
    try {
      const words = tf.tensor2d(
        Array.from({ length: 24 }, (_, i) => (i * i) % 10),
        [8, 3],
        'int32',
      );
      const model = tf.sequential({
        layers: [
          layers.embedding({ inputDim: 10, outputDim: 4, batchInputShape: [4, 3] }),
          layers.flatten(),
          layers.dense({ units: 1, activation: 'sigmoid' }),
        ],
      });
      const found = await untouched(model, () => survey(tf, model, words, { inits: 3 }));
      expect([found.classes, found.inits, found.evaluation.nodeMeans[0]!.length]).toEqual([2, 3, 1]);
      for (const row of found.evaluation.fractions) expect(row[0]! + row[1]!).toBe(1);
      model.dispose();
      words.dispose();
    } finally {
      await tf.setBackend('wasm');
    }
  });

  test('never reads in a way that stalls a device', async () => {
    const [model, xs] = [withEverything(), [inputs(), tf.randomNormal([40, 5, 2], 0, 1, 'float32', 4)]];
    const stalling = vi.spyOn(tf.Tensor.prototype, 'dataSync');
    await survey(tf, model, xs, { inits: 2 });
    expect(stalling).not.toHaveBeenCalled();
    stalling.mockRestore();
  });

  test('where reading waits: inputs may go meanwhile', async () => {
    const [model, xs] = [plain(), inputs()];
    const waiting = survey(tf, model, xs, { inits: 2 });
    xs.dispose();
    expect((await waiting).inits).toBe(2);
  });
});

describe('a function that builds the model', () => {
  test('serves for layers that cannot be copied, compiled or not', async () => {
    const xs = inputs();
    const make = () => {
      const model = own(new Unregistered({ factor: 3 }));
      model.compile({ optimizer: tf.train.adam(), loss: 'meanSquaredError' });
      return model;
    };
    const { evaluation } = await untouched(plain(), () => survey(tf, make, xs, { inits: 3 }));
    expect(new Set(evaluation.nodeMeans.map(String)).size).toBe(3);
    const again = await survey(tf, make, xs, { inits: 3 });
    expect(again.evaluation.nodeMeans).toEqual(evaluation.nodeMeans);
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      'makes the same weights',
      () => () => plain(7),
      /make new weights at each call, got two models that are the same: seeds/,
    ],
    [
      'gives a model of the caller',
      () => {
        const model = plain();
        return () => model;
      },
      /build a new model at each call, got one that was there/,
    ],
    ['gives a promise', () => async () => 1, /return a LayersModel at once, got a promise/],
    ['gives nothing', () => () => null, /return a LayersModel at once, got null/],
    [
      'takes other inputs',
      () => () => own(new Secretive()),
      /Expected inputs of shape \[any, 6\], as the model takes them, got \[40, 5\]/,
    ],
  ])('that %s is told so', async (name, make, message) => {
    const xs = name === 'takes other inputs' ? inputs(40, 5) : inputs();
    const factory = make() as () => tf.LayersModel;
    await untouched(plain(), async () => {
      const error = await survey(tf, factory, xs, { inits: 2 }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(UsageError);
      expect(String(error)).toMatch(message);
    });
  });

  test('that throws, in the middle of building: the error comes through, nothing stays', async () => {
    let calls = 0;
    const make = () => {
      const model = plain(null);
      tf.scalar(2);
      tf.keep(model.predict(tf.zeros([1, 6])) as tf.Tensor).dispose();
      if (++calls === 2) throw new Error('out of luck');
      return model;
    };
    await untouched(plain(), () => expect(survey(tf, make, inputs0, { inits: 3 })).rejects.toThrow('out of luck'));
  });
});

let inputs0: tf.Tensor;
beforeAll(() => {
  inputs0 = inputs();
});

describe('ends early', () => {
  test('when the signal says so: with what there is', async () => {
    const model = plain();
    const progress: [number, number][] = [];
    const abort = new AbortController();
    const onProgress = (done: number, of: number) => {
      progress.push([done, of]);
      if (done === 2) abort.abort();
    };
    const found = await untouched(model, () =>
      survey(tf, model, inputs0, { inits: 6, onProgress, signal: abort.signal }),
    );
    expect(progress).toEqual([
      [1, 6],
      [2, 6],
    ]);
    expect([found.cancelled, found.inits, found.evaluation.topShares.length]).toEqual([true, 2, 2]);
    const none = await untouched(model, () => survey(tf, model, inputs0, { signal: abort.signal }));
    expect([none.cancelled, none.inits, none.evaluation.gamma, none.evaluation.place(0.5)]).toEqual([
      true,
      0,
      null,
      null,
    ]);
  });

  test('when the time is over, but not before the first', async () => {
    const found = await survey(tf, plain(), inputs0, { inits: 1000, maxSeconds: 1e-9 });
    expect([found.cancelled, found.inits]).toEqual([true, 1]);
  });

  test('when onProgress throws; others run in between', async () => {
    const model = plain();
    let turns = 0;
    const timer = setInterval(() => void turns++);
    const onProgress = (done: number) => {
      if (done === 4) throw new Error('enough');
    };
    await untouched(model, () => expect(survey(tf, model, inputs0, { onProgress })).rejects.toThrow('enough'));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });
});

describe('what does not fit is told in a sentence, and nothing stays', () => {
  const call = survey as (tf: TfLike, model: unknown, inputs: unknown, options?: unknown) => Promise<unknown>;
  test.each<[string, () => unknown, unknown, unknown, string]>([
    ['inits', plain, null, { inits: 2.5 }, 'Expected inits to be a whole number of at least 1, got 2.5.'],
    ['no inits', plain, null, { inits: 0 }, 'Expected inits to be a whole number of at least 1, got 0.'],
    ['seed', plain, null, { seed: -1 }, 'Expected seed to be a whole number of at least 0, got -1.'],
    [
      'signal',
      plain,
      null,
      { signal: 3 },
      'Expected signal to be an object with aborted, such as an AbortSignal, got 3.',
    ],
    ['an unknown option', plain, null, { init: 3 }, 'Unknown option "init": did you mean "inits"?'],
    ['options', plain, null, null, 'Expected the options of survey as an object, got null.'],
    [
      'inputs of another width',
      plain,
      () => tf.zeros([4, 5]),
      {},
      'Expected inputs of shape [any, 6], as the model takes them, got [4, 5].',
    ],
    [
      'too many inputs',
      plain,
      () => [tf.zeros([4, 6]), tf.zeros([4, 6])],
      {},
      'Expected inputs of shape [any, 6], as the model takes them, got [4, 6] and [4, 6].',
    ],
    ['one example', plain, () => tf.zeros([1, 6]), {}, 'Expected inputs of equally many examples, at least 2, got 1.'],
    [
      'numbers as inputs',
      plain,
      () => 3,
      {},
      'Expected inputs to be a live tensor, or a list of them for several inputs, got 3.',
    ],
    [
      'a model of no kind',
      () => ({}),
      null,
      {},
      'Expected model to be a LayersModel or a function that builds one, got another object.',
    ],
    [
      'a large model',
      plain,
      null,
      { maxParameters: 100 },
      'Expected a model of at most 100 parameters (maxParameters), got 136.',
    ],
    [
      'a layer that tells not all',
      () => own(new Secretive({ factor: 3 })),
      null,
      {},
      'a copy of it with the same weights gives other outputs): pass a function that builds it instead.',
    ],
    [
      'a layer that nobody knows',
      () => own(new Unregistered()),
      null,
      {},
      'is unknown to tfjs until tf.serialization.registerClass(Unregistered) is called): pass a function that builds it instead.',
    ],
    [
      'a model without randomness',
      () =>
        tf.sequential({
          layers: [
            layers.dense({ units: 2, inputShape: [6], kernelInitializer: 'ones', biasInitializer: 'zeros' }),
            new Ramp(),
          ],
        }),
      null,
      {},
      'Expected model to have random initial weights, got two copies that are the same',
    ],
    [
      'inputs that are no numbers',
      () => own(new Secretive()),
      () => tf.fill([4, 6], Number.NaN),
      {},
      'Expected finite numbers in inputs, got NaN in example 0: survey tells nothing of them.',
    ],
    [
      'one input that is no number, which relu on wasm makes 0',
      plain,
      () => tf.tensor2d([...new Array<number>(41).fill(1), Number.NaN, ...new Array<number>(6).fill(2)], [8, 6]),
      {},
      'Expected finite numbers in inputs, got NaN in example 6',
    ],
    [
      'finite inputs too large for the model',
      plain,
      () =>
        tf.tensor2d(
          Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? 3e38 : -2e38)),
          [4, 6],
        ),
      {},
      'Expected finite outputs of the untrained model, got NaN or Infinity: check the inputs and their scale.',
    ],
    [
      'outputs of many places',
      () => tf.sequential({ layers: [layers.conv1d({ filters: 2, kernelSize: 1, inputShape: [3, 2] })] }),
      () => tf.zeros([4, 3, 2]),
      {},
      'Expected a model with outputs of shape [any, classes], got [4, 3, 2].',
    ],
  ])('%s', async (_, model, xs, options, message) => {
    const given = [model(), typeof xs === 'function' ? xs() : inputs0];
    await untouched(plain(), async () => {
      const error = await call(tf, given[0], given[1], options).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(UsageError);
      expect((error as Error).message).toContain(message);
    });
  });
});

/** Makes the columns differ without weights. */
class Ramp extends tf.layers.Layer {
  static className = 'Ramp';
  override call(xs: tf.Tensor | tf.Tensor[]) {
    return tf.mul([xs].flat()[0] as tf.Tensor, tf.tensor1d([1, 2]));
  }
}
tf.serialization.registerClass(Ramp);
