import { beforeAll, describe, expect, test } from 'vitest';
import { type Config, reseeded, withNorms, withOddActivations } from '../../../src/capture/survey/architecture.ts';
import { survey } from '../../../src/index.ts';
import { tf, wasm } from '../../support/tensorflow.ts';

beforeAll(wasm);

const { layers } = tf;
const WIDTH = 32;
const he = () => tf.initializers.heNormal({});

function deep(activation: 'relu' | 'tanh' = 'relu'): tf.Sequential {
  return tf.sequential({
    layers: [
      layers.dense({ inputShape: [WIDTH], units: 128, activation, kernelInitializer: he() }),
      layers.dense({ units: 128, kernelInitializer: he() }),
      ...(activation === 'relu' ? [layers.leakyReLU({ alpha: 0.01 })] : [layers.activation({ activation })]),
      layers.dense({ units: 5, activation: 'softmax', kernelInitializer: he() }),
    ],
  });
}

const uncentred = () => tf.tidy(() => tf.randomUniform([200, WIDTH], 0, 1, 'float32', 3));

describe('why: each change from the same seeds', () => {
  test('ReLU on inputs far from 0: all three lessen the bias, and the norm takes it away', async () => {
    const xs = uncentred();
    const model = deep();
    const tensors = tf.memory().numTensors;
    const weights = model.getWeights().map((weight) => Array.from(weight.dataSync()));
    const progress: number[] = [];
    const onProgress = (done: number, of: number) => progress.push(done, of);
    const { evaluation, why } = await survey(tf, model, xs, { inits: 4, why: true, onProgress });
    expect(tf.memory().numTensors).toBe(tensors);
    expect(model.getWeights().map((weight) => Array.from(weight.dataSync()))).toEqual(weights);
    expect(progress.slice(-2)).toEqual([16, 16]);
    expect(why!.notDone).toEqual([]);
    expect(why!.asIs).toBe(evaluation);
    const { asIs, centredInputs, oddActivation, normAfterActivation } = why!;
    expect(asIs.gamma!).toBeGreaterThan(3);
    expect(centredInputs!.gamma!).toBeLessThan(0.6 * asIs.gamma!);
    expect(oddActivation!.gamma!).toBeLessThan(asIs.gamma!);
    expect(normAfterActivation!.gamma!).toBeLessThan(asIs.gamma!);
    for (const mode of [centredInputs, oddActivation, normAfterActivation]) expect(mode!.fractions.length).toBe(4);
    // Same seeds: weights that no change has touched are the same, so that centred inputs have the same head.
    const both = await survey(tf, model, xs, { inits: 4 });
    expect(both.evaluation.nodeMeans).toEqual(asIs.nodeMeans);
  });

  test('centred inputs with an odd activation have none', async () => {
    const xs = uncentred();
    const { why } = await survey(tf, deep('tanh'), xs, { inits: 4, why: true });
    expect(why!.asIs.gamma!).toBeGreaterThan(0.5);
    expect(why!.centredInputs!.gamma!).toBeLessThan(0.1);
    expect(why!.oddActivation).toBeNull();
    expect(why!.notDone).toEqual(['oddActivation was not done: the model has no activation like ReLU.']);
  });

  test('what can not be tried is said: indices, branches, layers that cannot be copied', async () => {
    const words = tf.zeros([6, 3], 'int32');
    const embedded = tf.sequential({
      layers: [
        layers.embedding({ inputDim: 4, outputDim: 3, inputLength: 3 }),
        layers.flatten(),
        layers.dense({ units: 4, activation: 'relu' }),
        layers.dense({ units: 2 }),
      ],
    });
    const first = await survey(tf, embedded, words, { inits: 1, why: true });
    expect(first.why!.notDone).toEqual([
      'centredInputs was not done: the inputs are whole numbers that stand for something.',
    ]);
    const branching = () => {
      const input = tf.input({ shape: [WIDTH] });
      const branch = layers.dense({ units: WIDTH, activation: 'relu' }).apply(input) as tf.SymbolicTensor;
      const sum = layers.add().apply([input, branch]) as tf.SymbolicTensor;
      return tf.model({
        inputs: input,
        outputs: layers.dense({ units: 3, activation: 'sigmoid' }).apply(sum) as tf.SymbolicTensor,
      });
    };
    const second = await survey(tf, branching, uncentred(), { inits: 2, why: true });
    expect(second.why!.oddActivation!.fractions.length).toBe(2);
    expect(second.why!.notDone).toEqual([
      'normAfterActivation was not done: the model is not a plain sequence of layers.',
    ]);
    const third = await survey(
      tf,
      () => tf.sequential({ layers: [new Halving({ inputShape: [WIDTH] }), layers.dense({ units: 3 })] }),
      uncentred(),
      { inits: 2, why: true },
    );
    expect(third.why!.centredInputs!.fractions.length).toBe(2);
    expect(third.why!.notDone.map((sentence) => sentence.slice(0, 75))).toEqual([
      "oddActivation was not done: the model can't be copied by its configuration ",
      "normAfterActivation was not done: the model can't be copied by its configur",
    ]);
  });

  test('a signal ends it between two: what was not begun is null', async () => {
    const signal = { aborted: false };
    const onProgress = (done: number) => {
      signal.aborted = done === 3;
    };
    const { inits, why, cancelled } = await survey(tf, deep(), uncentred(), {
      inits: 2,
      why: true,
      signal,
      onProgress,
    });
    expect([inits, cancelled, why!.centredInputs!.fractions.length, why!.oddActivation]).toEqual([2, true, 1, null]);
  });
});

/** Not registered: no copy can be made by its name. */
class Halving extends tf.layers.Layer {
  static className = 'Halving';
  override call(xs: tf.Tensor | tf.Tensor[]) {
    return tf.mul([xs].flat()[0] as tf.Tensor, 0.5);
  }
}

describe('configurations', () => {
  let config: Config;
  beforeAll(() => {
    config = deep().getConfig() as Config;
  });
  const classes = (of: Config) =>
    (of.layers as { className: string; config: Config }[]).map((layer) => layer.className);

  test('are copied with every seed anew, and left as they were', () => {
    const before = JSON.stringify(config);
    let next = 0;
    const random = () => (next += 0.01);
    const seeds = [...JSON.stringify(reseeded(config, random)).matchAll(/"seed":(\d+)/g)].map((match) => match[1]);
    expect(new Set(seeds).size).toBe(seeds.length);
    expect(seeds.length).toBe(3);
    expect(JSON.stringify(config)).toBe(before);
  });

  test('a seed that is no number, and what is no plain data, stay', () => {
    const odd = { seed: 'corn', at: new Map([['seed', 1]]), list: [{ seed: null }] };
    expect(reseeded(odd, () => 0)).toEqual({ seed: 'corn', at: odd.at, list: [{ seed: 1 }] });
  });

  test('take tanh for ReLU and the like but at the outputs, and norms after each activation', () => {
    const odd = withOddActivations(config)!;
    expect(classes(odd)).toEqual(['Dense', 'Dense', 'Activation', 'Dense']);
    expect((odd.layers as { config: Config }[]).map((layer) => layer.config.activation)).toEqual([
      ...['tanh', 'linear', 'tanh', 'softmax'],
    ]);
    expect(classes(withNorms(config) as Config)).toEqual([
      ...['Dense', 'LayerNormalization', 'Dense', 'LeakyReLU', 'LayerNormalization', 'Dense'],
    ]);
    const head = tf.sequential({ layers: [layers.dense({ units: 1, inputShape: [2], activation: 'sigmoid' })] });
    expect(withOddActivations(head.getConfig() as Config)).toBeNull();
    expect(withNorms(head.getConfig() as Config)).toBe('the model has no activation before its outputs');
  });
});
