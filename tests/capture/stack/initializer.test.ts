import { beforeAll, expect, test } from 'vitest';
import { drawsOf } from '../../../src/capture/stack/initializer.ts';
import { tf, wasm } from '../../support/tensorflow.ts';

beforeAll(wasm);

const { initializers } = tf;
const seed = 4711;

/** What tfjs draws is the reference: mean and variance of many weights. */
test.each([
  ['glorotNormal', initializers.glorotNormal({ seed }), [160, 240]],
  ['glorotUniform', initializers.glorotUniform({ seed }), [3, 3, 40, 80]],
  ['heNormal', initializers.heNormal({ seed }), [3, 3, 40, 80]],
  ['heUniform', initializers.heUniform({ seed }), [160, 240]],
  ['leCunNormal', initializers.leCunNormal({ seed }), [7, 60, 80]],
  ['leCunUniform', initializers.leCunUniform({ seed }), [160, 240]],
  ['scaled', initializers.varianceScaling({ scale: 3, mode: 'fanOut', distribution: 'normal', seed }), [160, 240]],
  ['a vector', initializers.varianceScaling({ scale: 1, mode: 'fanAvg', distribution: 'uniform', seed }), [20_000]],
  ['randomNormal', initializers.randomNormal({ mean: 0.5, stddev: 0.3, seed }), [160, 240]],
  ['truncatedNormal', initializers.truncatedNormal({ mean: -0.5, stddev: 0.3, seed }), [160, 240]],
  ['randomUniform', initializers.randomUniform({ minval: -0.2, maxval: 0.6, seed }), [160, 240]],
  ['orthogonal, wide', initializers.orthogonal({ gain: 1.5, seed }), [24, 60]],
  ['orthogonal, tall', initializers.orthogonal({ gain: 1.5, seed }), [3, 3, 8, 20]],
  ['zeros', initializers.zeros(), [4, 4]],
  ['ones', initializers.ones(), [4, 4]],
  ['constant', initializers.constant({ value: -2 }), [4, 4]],
] as const)('%s', (_, initializer, shape) => {
  const values = Array.from(initializer.apply([...shape]).dataSync());
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const config = { className: initializer.getClassName(), config: initializer.getConfig() };
  const draws = drawsOf(config, shape)!;
  const error = Math.sqrt(draws.variance / values.length);
  expect(Math.abs(mean - draws.mean)).toBeLessThanOrEqual(4 * error + 1e-7);
  // A normal's variance is the least certain of these: sqrt(2 / n).
  expect(Math.abs(variance - draws.variance)).toBeLessThanOrEqual(4 * draws.variance * Math.sqrt(2 / values.length));
});

test('what draws nothing, or is not known, has no variance', () => {
  expect(drawsOf({ className: 'Identity', config: { gain: 1 } }, [4, 4])).toBeNull();
  expect(drawsOf({ className: 'Mine' }, [4, 4])).toBeNull();
  expect(drawsOf({ className: 'RandomNormal' }, [4, 4])).toBeNull();
});
