import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { operationsOf } from '../../../src/capture/engine/tensors.ts';
import type { Contraction } from '../../../src/capture/gradients/contractions/contraction.ts';
import { contractions } from '../../../src/capture/gradients/contractions/index.ts';
import { SelfCheck } from '../../../src/capture/gradients/self-check.ts';
import { Readback } from '../../../src/capture/reading/readback.ts';
import { registerTrainingKernels } from '../../../src/wasm/index.ts';
import { listening, pause, values } from '../../support/raw-loop.ts';
import { tf, wasm } from '../../support/tensorflow.ts';
import { weightsOf } from '../../support/toys.ts';
import { stepBoth, type Twins, twins } from '../../support/twins.ts';

const LABELS = [0, 1, 0, 2, 0, 1, 0];
const CLASSES = 3;

function batch(seed: number, scale = 1, labels = LABELS) {
  const ys = tf.tidy(() => tf.oneHot(tf.tensor1d([...labels], 'int32'), CLASSES).toFloat());
  return { xs: [tf.tidy(() => tf.mul(values([labels.length, 5], seed), scale))], ys: [ys], labels };
}

const dense = (units: number, seed: number, options = {}) =>
  tf.layers.dense({ units, kernelInitializer: tf.initializers.glorotNormal({ seed }), ...options });

function net(between: () => tf.layers.Layer[] = () => []): tf.LayersModel {
  const model = tf.sequential({
    layers: [
      dense(6, 1, { name: 'first', inputShape: [5] }),
      ...between(),
      tf.layers.activation({ activation: 'tanh' }),
      dense(CLASSES, 2, { name: 'last', activation: 'softmax' }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(0.05), loss: 'categoricalCrossentropy' });
  return model;
}

const table = contractions as { [kernel: string]: Contraction };
const { BatchMatMul } = contractions;

/** Leaves one example of every batch out of every product of these widths. */
function leaveOneOut(din: number, dout: number): void {
  table.BatchMatMul = (call, shape) => {
    const { a, b } = call.inputs as { a: tf.Tensor; b: tf.Tensor };
    if (a.shape.at(-1) !== din || b.shape.at(-1) !== dout) return BatchMatMul!(call, shape);
    const whole = BatchMatMul!(call, shape);
    if (whole === null) return null;
    const partly = (add: (inputs: typeof call.inputs) => boolean) => {
      const mask = tf.tensor(shape.examples === 1 ? [0] : [0, ...Array(shape.examples - 1).fill(1)], [
        1,
        shape.examples,
        1,
      ]);
      const rest = operationsOf(tf).mul(tf.reshape(b, [1, shape.examples, dout]), mask);
      const done = add({ ...call.inputs, b: rest });
      tf.dispose([mask, rest as unknown as tf.Tensor]);
      return done;
    };
    return {
      native: (sums, piece) => partly((inputs) => BatchMatMul!({ ...call, inputs }, shape)!.native(sums, piece)),
      plain: (sums, piece) => partly((inputs) => BatchMatMul!({ ...call, inputs }, shape)!.plain(sums, piece)),
    };
  };
}

async function train({ model, plain }: Twins, seeds: readonly number[], labels = LABELS): Promise<void> {
  for (const seed of seeds) {
    await pause();
    for (const one of [model, plain]) {
      const { xs, ys } = batch(seed, 1, labels);
      tf.dispose((await one.trainOnBatch(xs, ys)) as number);
    }
  }
  expect(weightsOf(model)).toEqual(weightsOf(plain));
}

const FIRST_KERNEL = 30;
const ALL = 30 + 6 + 18 + 3;

describe.each(['wasm', 'cpu'])('on %s', (backend) => {
  beforeEach(async () => {
    await wasm();
    registerTrainingKernels(tf);
    await tf.setBackend(backend);
  });
  afterEach(() => {
    table.BatchMatMul = BatchMatMul!;
  });

  test('a contraction that loses an example is found out at once: said, left out of the coverage, and training goes on', async () => {
    leaveOneOut(5, 6);
    const [both, sentences] = await listening(async () => {
      const both = await twins(net, CLASSES);
      await train(both, [1, 2, 3, 4]);
      return both;
    });
    const { monitor } = both.seen.recording;
    expect(sentences).toEqual([expect.any(String)]);
    expect(sentences[0]).toMatch(
      /^classwatch: The class gradients of the weight first\/kernel\w* are not measured: its parts do not add up to its gradient\. Training goes on\.$/,
    );
    expect(monitor.coverage).toBeCloseTo((ALL - FIRST_KERNEL) / ALL, 12);
    // What was wrong was not shown, and what is right goes on.
    expect(both.seen.steps[0]!.step).toBe(1);
    expect(both.seen.steps.length).toBeGreaterThan(1);
    await monitor.close();
  });

  test('what is left is right: the other weight of the layer, and the other layer', async () => {
    leaveOneOut(5, 6);
    const [both] = await listening(async () => {
      const both = await twins(net, CLASSES);
      await train(both, [1]);
      return both;
    });
    table.BatchMatMul = BatchMatMul!;
    const kept = await listening(async () => {
      const frozen = await twins(net, CLASSES);
      await train(frozen, [1]);
      await stepBoth(frozen, 1, batch(2));
      await frozen.seen.recording.monitor.close();
      return frozen.seen.steps.find(({ step }) => step === 1)!.gradients;
    });
    await train(both, [2]);
    const [all, some] = [kept[0], both.seen.steps.find(({ step }) => step === 1)!.gradients];
    // Layers: first, last.
    expect([...some.layerSquares.slice(CLASSES)]).toEqual([...all.layerSquares.slice(CLASSES)]);
    some.layerSquares.slice(0, CLASSES).forEach((square, c) => {
      expect(square!).toBeLessThan(all.layerSquares[c]!);
    });
    await both.seen.recording.monitor.close();
  });

  test('a fault that shows only with batches of another size is found at the first of these', async () => {
    const [both, sentences] = await listening(async () => {
      const both = await twins(net, CLASSES);
      await train(both, [1, 2, 3, 4]);
      leaveOneOut(5, 6);
      await train(both, [5]);
      const before = both.seen.recording.monitor.coverage;
      await train(both, [6], LABELS.slice(0, 4));
      expect([before, both.seen.recording.monitor.coverage]).toEqual([1, (ALL - FIRST_KERNEL) / ALL]);
      await both.seen.recording.monitor.close();
      return both;
    });
    expect(both.seen.steps.map(({ step }) => step)).not.toContain(5);
    expect(sentences).toHaveLength(1);
  });

  test.each([
    ['a bias before BatchNormalization, whose parts cancel', () => [tf.layers.batchNormalization({})], 1],
    ['the same with inputs a thousand times as large', () => [tf.layers.batchNormalization({})], 1000],
    [
      'units that never fire',
      () => [dense(6, 3, { biasInitializer: tf.initializers.constant({ value: -9 }), activation: 'relu' })],
      1,
    ],
    ['inputs a million times as small', () => [], 1e-6],
  ])('%s is no fault', async (_, between, scale) => {
    const [both, sentences] = await listening(async () => {
      const both = await twins(() => net(between), CLASSES);
      for (let at = 0; at < 4; at++) {
        await pause();
        for (const one of [both.model, both.plain]) {
          const { xs, ys } = batch(at, scale);
          await one.trainOnBatch(xs, ys);
        }
      }
      return both;
    });
    expect(sentences).toEqual([]);
    expect(both.seen.recording.monitor.coverage).toBe(1);
    expect(weightsOf(both.model)).toEqual(weightsOf(both.plain));
    await both.seen.recording.monitor.close();
  });
});

test.each([1000, 512 * 1024, 700_001])('a gradient of %i values keeps the digits of its square', async (size) => {
  await wasm();
  const gradient = tf.tidy(() => tf.add(values([size], 3), 0.5));
  const read = new SelfCheck(tf).read([gradient as never], new Readback(tf)) as Float32Array[];
  const exact = (gradient.dataSync() as Float32Array).reduce((sum, value) => sum + value * value, 0);
  expect(Math.abs(read[0]![0]! / exact - 1)).toBeLessThan(1e-5);
  gradient.dispose();
});
