import type { GradientConfig, Info, KernelFunction, WasmTf } from '../backend.ts';
import { runKernel } from '../backend.ts';
import { Native } from '../native.ts';
import { FLOAT } from './convolution.ts';

/**
 * Training-mode batch normalization as kernels of its own; tfjs composes it of some thirty passes over the input.
 * They stay visible to whoever watches kernels: of every example, `TrainingBatchNormSums` gives the gradient of gamma
 * and of beta ([examples, channels] each), and a plain Sum over the examples makes of them what the optimizer gets.
 */
export const BATCH_NORM = 'TrainingBatchNorm';
export const BATCH_NORM_SUMS = 'TrainingBatchNormSums';
export const BATCH_NORM_INPUT = 'TrainingBatchNormInput';

function rowsOf(x: Info): { readonly rows: number; readonly columns: number; readonly examples: number } {
  const columns = x.shape.at(-1)!;
  return { rows: x.shape.slice(0, -1).reduce((a, b) => a * b, 1), columns, examples: x.shape[0]! };
}

/** x [examples, ..., channels], gamma and beta [channels] to y, mean, variance and 1 / sqrt(variance + epsilon). */
export const batchNorm: KernelFunction = ({ inputs, backend, attrs }) => {
  const { x, gamma, beta } = inputs as { x: Info; gamma: Info; beta: Info };
  const { rows, columns } = rowsOf(x);
  const y = backend.makeOutput(x.shape, 'float32');
  const [mean, variance, inverse] = [0, 1, 2].map(() => backend.makeOutput([columns], 'float32')) as [Info, Info, Info];
  const native = Native.of(backend);
  // Twice columns doubles, then twice columns floats; the scale afterwards takes the place of the sums.
  const room = native.scratch(columns * 6 * FLOAT);
  const [from, to, center] = [native.address(x), native.address(y), native.address(mean)];
  const epsilon = attrs.epsilon as number;
  native.simd.columnMoments!(
    ...[from, rows, columns, epsilon, center, native.address(variance), native.address(inverse), room],
  );
  const scale = native.floats(room, columns);
  scale.set(native.floats(native.address(inverse), columns));
  native.floats(native.address(gamma), columns).forEach((value, c) => {
    scale[c] = scale[c]! * value;
  });
  native.simd.normalize!(from, rows, columns, center, room, native.address(beta), to);
  return [y, mean, variance, inverse];
};

/** Gradients of gamma and beta for every example: [examples, channels] each. */
export const batchNormSums: KernelFunction = ({ inputs, backend }) => {
  const { x, dy, mean, inverse } = inputs as { x: Info; dy: Info; mean: Info; inverse: Info };
  const { rows, columns, examples } = rowsOf(x);
  const [ofGamma, ofBeta] = [0, 1].map(() => backend.makeOutput([examples, columns], 'float32')) as [Info, Info];
  const native = Native.of(backend);
  native.simd.normalizeGradientSums!(
    ...[native.address(x), native.address(dy), examples, rows / examples, columns],
    ...[mean, inverse, ofBeta, ofGamma].map((info) => native.address(info)),
  );
  return [ofGamma, ofBeta];
};

/** dx = gamma inverse (dy - mean of dy - normalized x times mean of (dy normalized x)), means over all rows. */
export const batchNormInput: KernelFunction = ({ inputs, backend }) => {
  const { x, dy, mean, inverse, gamma, gammaGradient, betaGradient } = inputs as { [name: string]: Info };
  const { rows, columns } = rowsOf(x!);
  const dx = backend.makeOutput(x!.shape, 'float32');
  const native = Native.of(backend);
  const room = native.scratch(3 * columns * FLOAT);
  const read = (info: Info | undefined) => native.floats(native.address(info!), columns);
  const [scale, spread, slope, offset] = [read(gamma), read(inverse), read(gammaGradient), read(betaGradient)];
  const factors = native.floats(room, 3 * columns);
  for (let c = 0; c < columns; c++) {
    const a = scale[c]! * spread[c]!;
    factors[c] = a;
    factors[columns + c] = (-a * spread[c]! * slope[c]!) / rows;
    factors[2 * columns + c] = (-a * offset[c]!) / rows;
  }
  const places = [0, 1, 2].map((i) => room + i * columns * FLOAT);
  native.simd.normalizeGradient!(
    ...[native.address(x!), native.address(dy!), rows, columns, native.address(mean!), ...places, native.address(dx)],
  );
  return dx;
};

/** The gradient of BATCH_NORM with respect to x, gamma and beta. */
export function batchNormGradient(tf: WasmTf): GradientConfig {
  return {
    kernelName: BATCH_NORM,
    inputsToSave: ['x', 'gamma'],
    outputsToSave: [false, true, false, true],
    gradFunc(dys, saved) {
      const [x, gamma, mean, inverse] = saved as [Info, Info, Info, Info];
      const [dy] = dys as [Info];
      const [ofGamma, ofBeta] = runKernel(tf, BATCH_NORM_SUMS, { x, dy, mean, inverse }) as [Info, Info];
      const [gammaGradient, betaGradient] = [tf.sum(ofGamma, 0), tf.sum(ofBeta, 0)];
      const all = { x, dy, mean, inverse, gamma, gammaGradient, betaGradient };
      return {
        x: () => runKernel(tf, BATCH_NORM_INPUT, all) as Info,
        gamma: () => gammaGradient,
        beta: () => betaGradient,
      };
    },
  };
}
