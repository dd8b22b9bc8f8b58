import { beforeAll, describe, expect, test } from 'vitest';
import { accelerateTraining, registerTrainingKernels, type WasmKernels } from '../../../src/wasm/index.ts';
import { classGramByCopies, exampleSquares } from '../../support/class-copies.ts';
import { fullGram, trainStep, watched } from '../../support/class-gradients-of.ts';
import type { ModelCase } from '../../support/model-case.ts';
import { MODELS } from '../../support/model-matrix.ts';
import { tf, wasm } from '../../support/tensorflow.ts';
import { weightsOf } from '../../support/toys.ts';

const STEPS = 2;
/** Relative to the largest entry of the Gram. */
const TOLERANCE = 5e-6;

function distance(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  const scale = Math.max(...Array.from(expected, Math.abs), 1e-30);
  return Math.max(...Array.from(expected, (value, i) => Math.abs(got[i]! - value))) / scale;
}

/**
 * Trains the case twice, watched and not, and compares every step with one copy of each weight per class. At step 0 the
 * class gradients themselves are kept (they are compared with the update), at step 1 only their inner products are formed.
 */
async function compare(one: ModelCase): Promise<void> {
  const [watchedModel, plain] = [one.make(), one.make()];
  const batch = one.batch();
  const { steps, recording } = await watched(watchedModel, { numClasses: one.classes });
  for (let step = 0; step < STEPS; step++) {
    const expected = classGramByCopies(plain, batch, one.classes);
    const squares = exampleSquares(plain, batch);
    await trainStep(watchedModel, batch, one);
    await trainStep(plain, batch, one);
    expect(weightsOf(watchedModel)).toEqual(weightsOf(plain));
    const { gradients } = steps[step]!;
    expect(distance(fullGram(gradients, one.classes), expected.gram.flat()), `Gram of step ${step}`).toBeLessThan(
      TOLERANCE,
    );
    if (gradients.squares !== null) {
      const sums = Array.from(gradients.present, (c) =>
        squares.reduce((sum, square, i) => sum + (batch.labels[i] === c ? square : 0), 0),
      );
      expect(distance(gradients.squares, sums), `squares of step ${step}`).toBeLessThan(TOLERANCE);
    }
  }
  expect(recording.monitor.coverage).toBe(1);
  await recording.monitor.close();
  tf.dispose([watchedModel.getWeights(), plain.getWeights(), batch.xs, batch.ys]);
}

const on = (backend: string) => MODELS.filter(({ skipOn }) => skipOn?.[backend] === undefined);

describe('class Gram against one copy of each weight per class', () => {
  describe('on wasm, in SIMD', () => {
    beforeAll(async () => {
      await wasm();
      registerTrainingKernels(tf);
    });
    test.each(on('wasm').filter(({ accelerated }) => !accelerated))('$name', compare);
  });

  describe('on accelerated wasm', () => {
    let kernels: WasmKernels;
    beforeAll(async () => {
      await wasm();
      kernels = accelerateTraining(tf);
      return () => kernels.restore();
    });
    test.each(on('wasm'))('$name', compare);
  });

  describe('in plain operations, on cpu', () => {
    beforeAll(async () => {
      // Brings gradients that tfjs has on no backend.
      await wasm();
      registerTrainingKernels(tf);
      await tf.setBackend('cpu');
    });
    test.each(on('cpu').filter(({ accelerated }) => !accelerated))('$name', compare);
  });
});
