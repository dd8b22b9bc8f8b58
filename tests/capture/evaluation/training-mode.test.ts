import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { tidy } from '../../../src/capture/engine/tensors.ts';
import { shuffled } from '../../../src/capture/evaluation/batches.ts';
import {
  differsInTraining,
  trainingModeFault,
  trainingOutputs,
} from '../../../src/capture/evaluation/training-mode.ts';
import { generator } from '../../support/generator.ts';
import { recording } from '../../support/recording.ts';
import { tf, wasm } from '../../support/tensorflow.ts';
import { blobs, net, weightsOf } from '../../support/toys.ts';

beforeAll(wasm);
afterEach(() => void vi.restoreAllMocks());

const outputs = (model: tf.LayersModel, xs: tf.Tensor, output = 0) =>
  tidy(tf, () => (trainingOutputs(tf, model, [xs], output) as unknown as tf.Tensor2D).arraySync());

const plain = (model: tf.LayersModel, xs: tf.Tensor) =>
  tf.tidy(() => (model.apply(xs, { training: true }) as tf.Tensor2D).arraySync());

/** A layer that only passes on, and throws where the network trains. */
class ThrowsInTraining extends tf.layers.Layer {
  static readonly className = 'ThrowsInTraining';
  override call(inputs: tf.Tensor | tf.Tensor[], { training }: { training?: boolean }): tf.Tensor {
    if (training) throw new Error('a layer of yours');
    return [inputs].flat()[0]!.clone();
  }
}

describe('outputs in training mode', () => {
  test('are those with the statistics of the batch', () => {
    const { xs } = blobs([30, 20, 10]);
    const [model, twin] = [net(3, 8, { batchNorm: true }), net(3, 8, { batchNorm: true })];
    expect(outputs(model, xs)).toEqual(plain(twin, xs));
    expect(outputs(model, xs)).not.toEqual((model.predict(xs) as tf.Tensor2D).arraySync());
  });

  test('have dropout at work, the same each time', () => {
    const { xs } = blobs([30, 20, 10]);
    const input = tf.input({ shape: [8] });
    const dropped = tf.layers.dropout({ rate: 0.5 }).apply(input) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: dropped });
    const found = outputs(model, xs).flat();
    const zeros = found.filter((value) => value === 0).length / found.length;
    expect(zeros).toBeGreaterThan(0.4);
    expect(zeros).toBeLessThan(0.6);
    expect(outputs(model, xs).flat()).toEqual(found);
  });

  test('of many examples come from mixed batches, in the order of the examples', () => {
    const { xs } = blobs([400, 400, 400]);
    const order = shuffled(1200);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1200 }, (_, i) => i));
    const [model, twin] = [net(3, 8, { batchNorm: true }), net(3, 8, { batchNorm: true })];
    const expected: number[][] = [];
    for (let b = 0; b < 3; b++) {
      const batch = [...order.subarray(400 * b, 400 * (b + 1))];
      const rows = tf.tidy(() => plain(twin, tf.gather(xs, batch)));
      batch.forEach((example, i) => {
        expected[example] = rows[i]!;
      });
    }
    expect(outputs(model, xs)).toEqual(expected);
  });

  test('are the same where somebody has the examples in that order', () => {
    const { xs } = blobs([400, 400, 400]);
    const model = net(3, 8, { batchNorm: true });
    const ordered = tf.gather(xs, shuffled(1200));
    const expected = outputs(model, xs);
    const nothing = tf.zerosLike(xs);
    const found = tidy(tf, () =>
      (trainingOutputs(tf, model, [nothing], 0, () => [ordered]) as unknown as tf.Tensor2D).arraySync(),
    );
    expect(found).toEqual(expected);
  });

  test('of a set sorted by class are not normalized class by class', () => {
    const far = tf.tensor2d(Array.from({ length: 1024 }, (_, i) => [i < 512 ? 10 : -10, Math.sin(i)]));
    const model = tf.sequential({
      layers: [tf.layers.batchNormalization({ inputShape: [2] }), tf.layers.dense({ units: 2, useBias: false })],
    });
    model.layers[1]!.setWeights([tf.tensor2d([1, -1, 0, 0], [2, 2])]);
    const first = outputs(model, far).map(([z]) => Math.sign(z!));
    expect(first.slice(0, 512)).toEqual(Array(512).fill(1));
    expect(first.slice(512)).toEqual(Array(512).fill(-1));
  });

  test('are those of the watched output', () => {
    const input = tf.input({ shape: [8] });
    const norm = tf.layers.batchNormalization().apply(input) as tf.SymbolicTensor;
    const heads = [3, 2].map((units) => tf.layers.dense({ units }).apply(norm) as tf.SymbolicTensor);
    const model = tf.model({ inputs: input, outputs: heads });
    expect(outputs(model, blobs([3, 3]).xs, 1)[0]).toHaveLength(2);
  });
});

describe('nothing stays of it', () => {
  const cells = () => [tf.layers.lstmCell({ units: 4, dropout: 0.4, recurrentDropout: 0.3 })];
  const models: { readonly [name: string]: () => tf.Sequential } = {
    BatchNorm: () => net(3, 8, { batchNorm: true, dropout: true }),
    'a recurrent layer with dropout': () =>
      tf.sequential({
        layers: [
          tf.layers.reshape({ targetShape: [4, 2], inputShape: [8] }),
          tf.layers.gru({ units: 5, dropout: 0.4, recurrentDropout: 0.3 }),
          tf.layers.dense({ units: 3, activation: 'softmax' }),
        ],
      }),
    'stacked cells with dropout': () =>
      tf.sequential({
        layers: [
          tf.layers.reshape({ targetShape: [4, 2], inputShape: [8] }),
          tf.layers.rnn({ cell: cells() }) as tf.layers.Layer,
          tf.layers.dense({ units: 3, activation: 'softmax' }),
        ],
      }),
    'a model within a model': () =>
      tf.sequential({ layers: [net(8, 8, { batchNorm: true, activation: 'linear' }), tf.layers.dense({ units: 3 })] }),
  };

  test.each(Object.keys(models))('of %s: weights, statistics, tensors, random numbers', (name) => {
    const { xs } = blobs([30, 20, 10]);
    const model = models[name]!();
    // In one batch: the masks of stacked cells fit no other.
    model.predict(xs, { batchSize: 60 });
    const before = { weights: weightsOf(model), tensors: tf.memory().numTensors };
    const random = vi.spyOn(Math, 'random');
    outputs(model, xs);
    expect(random).not.toHaveBeenCalled();
    expect({ weights: weightsOf(model), tensors: tf.memory().numTensors }).toEqual(before);
  });

  test.each(Object.keys(models))('of %s: training goes on as without it', async (name) => {
    const { xs, ys } = blobs([30, 20, 10]);
    const weights: number[][][] = [];
    for (const asks of [true, false]) {
      vi.spyOn(Math, 'random').mockImplementation(generator(3));
      const model = models[name]!();
      model.setWeights(model.getWeights().map((w, i) => tf.randomNormal(w.shape, 0.5, 0.1, 'float32', 10 + i)));
      model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
      for (let step = 0; step < 3; step++) {
        if (asks) outputs(model, blobs([10, 10, 3], 8, 4).xs);
        await model.trainOnBatch(xs, ys);
      }
      weights.push(weightsOf(model));
    }
    expect(weights[0]).toEqual(weights[1]);
  });

  test('where a layer throws in the middle', () => {
    const { xs } = blobs([30, 20, 10]);
    const model = net(8, 8, { batchNorm: true, dropout: true });
    model.add(new ThrowsInTraining());
    model.predict(xs);
    const before = { weights: weightsOf(model), tensors: tf.memory().numTensors, random: Math.random };
    expect(() => outputs(model, xs)).toThrow('a layer of yours');
    expect({ weights: weightsOf(model), tensors: tf.memory().numTensors, random: Math.random }).toEqual(before);
  });
});

describe('which models are asked', () => {
  test('those with layers that compute something else while training', () => {
    expect(differsInTraining(net(3, 8, { batchNorm: true }))).toBe(true);
    expect(differsInTraining(net(3, 8, { dropout: true }))).toBe(true);
    expect(differsInTraining(tf.sequential({ layers: [net(3, 8, { dropout: true })] }))).toBe(true);
    expect(differsInTraining(net(3, 8))).toBe(false);
  });

  test('none that keeps state from batch to batch, or whose batches have another size', () => {
    const stateful = tf.sequential({
      layers: [tf.layers.lstm({ units: 2, stateful: true, dropout: 0.1, batchInputShape: [5, 4, 2] })],
    });
    expect(trainingModeFault(stateful, 10)).toMatch(/keeps its state/);
    expect(trainingModeFault(stateful, 12)).toMatch(/takes batches of 5, and 12 examples/);
    expect(trainingModeFault(net(3, 8, { batchNorm: true }), 12)).toBeNull();
  });
});

const MODE = ['predicted-fraction', 'mean-probability', 'ranked-fractions', 'top-share', 'effective-classes', 'gamma'];
const IDS = [...MODE, 'node-mean', 'node-spread'];

describe('a monitor', () => {
  async function train(options: { batchNorm?: boolean; linear?: boolean }, steps: number, rate = 0.1) {
    const { xs, ys } = blobs([40, 30, 20]);
    const model = net(3, 8, { batchNorm: options.batchNorm === true });
    model.compile({ optimizer: tf.train.sgd(rate), loss: 'categoricalCrossentropy' });
    const first = plain(net(3, 8, { batchNorm: options.batchNorm === true }), xs);
    const sets = { probe: { xs, ys }, evalSets: { other: { xs, ys } } };
    const record = await recording(tf, model, { ...sets, schedule: () => true });
    for (let step = 0; step < steps; step++) await model.trainOnBatch(xs, ys);
    await record.monitor.close();
    return { ...record, first };
  }

  test('measures before the first step, on every set, what training computes', async () => {
    const { of, first } = await train({ batchNorm: true }, 1);
    const counts = [0, 0, 0];
    for (const row of first) counts[row.indexOf(Math.max(...row))]!++;
    const fractions = counts.map((n) => Math.fround(n / first.length));
    for (const stream of ['probe', 'other']) {
      const values = (id: string) => of(`${stream}/training-mode-${id}`)[0]!.values as number[];
      expect(of(`${stream}/training-mode-predicted-fraction`)[0]!.step).toBe(0);
      expect(values('predicted-fraction')).toEqual(fractions);
      expect(values('ranked-fractions')).toEqual(fractions.slice().sort((a, b) => b - a));
      expect(values('top-share')).toEqual([Math.max(...fractions)]);
      for (const id of IDS) expect(values(id).every(Number.isFinite)).toBe(true);
      first[0]!.forEach((_, c) => {
        const mean = first.reduce((sum, row) => sum + row[c]!, 0) / first.length;
        expect(values('mean-probability')[c]).toBeCloseTo(mean, 5);
      });
    }
  });

  test('measures nothing in training mode of a network that has but one', async () => {
    const { records } = await train({}, 2);
    expect(records.filter((record) => JSON.stringify(record).includes('training-mode-'))).toEqual([]);
  });

  test('goes on until the guesses have cleared in both modes, and then leaves it', async () => {
    const { of } = await train({ batchNorm: true }, 150, 0.5);
    const steps = (id: string) => of(`probe/${id}`).map(({ step }) => step);
    const [asked, all] = [steps('training-mode-top-share'), steps('top-share')];
    expect(asked.length).toBeGreaterThanOrEqual(3);
    expect(asked.length).toBeLessThan(all.length);
    expect(all.slice(0, asked.length)).toEqual(asked);
  });

  test('mixes a set once, and keeps that until it is left', async () => {
    const { xs, ys } = blobs([300, 300, 300]);
    const model = net(3, 8, { batchNorm: true });
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    await model.trainOnBatch(xs, ys);
    const before = tf.memory().numTensors;
    const { monitor, of } = await recording(tf, model, { probe: { xs, ys }, schedule: () => true, survey: false });
    const kept: number[] = [];
    for (let step = 0; step < 40; step++) {
      await model.trainOnBatch(xs, ys);
      kept.push(tf.memory().numTensors);
    }
    const asked = of('probe/training-mode-top-share').length;
    expect(asked).toBeGreaterThan(2);
    expect(asked).toBeLessThan(40);
    expect(kept[asked - 2]! - kept.at(-1)!).toBe(1);
    await monitor.close();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('does not ask a network for it whose metrics nobody wants', async () => {
    const { xs, ys } = blobs([40, 30, 20]);
    const model = net(3, 8, { batchNorm: true });
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    const { watchModel } = await import('../../../src/watch.ts');
    const apply = vi.spyOn(model, 'apply');
    const monitor = await watchModel(tf, model, { probe: { xs, ys } }, { metrics: [], onRecord: () => {} });
    await model.trainOnBatch(xs, ys);
    await monitor.close();
    expect(apply).not.toHaveBeenCalled();
  });
});
