import { BACKEND, gradientDepth, type Info, runKernel, type WasmTf } from './backend.ts';
import { BATCH_NORM } from './kernels/batch-norm.ts';
import type { Overrides } from './overrides.ts';

interface LayerVariable {
  read(): Info;
  write(value: Info): void;
}

/** The BatchNormalization layer of tfjs: fields that its serialization and its weights are made of. */
interface BatchNormLayer {
  readonly axis: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly gamma?: LayerVariable;
  readonly beta?: LayerVariable;
  readonly movingMean?: LayerVariable;
  readonly movingVariance?: LayerVariable;
  call(inputs: Info | Info[], kwargs: { readonly training?: boolean }): Info | Info[];
}

/** Sends training-mode calls of every BatchNormalization layer to our kernels; says whether the layer was found. */
export function overrideBatchNorm(tf: WasmTf, overrides: Overrides): boolean {
  const { layers } = tf as { layers?: { batchNormalization?(config: { name: string }): object } };
  // With a name of its own: an automatic one would count towards the names of the user's layers.
  const layer = layers?.batchNormalization?.({ name: 'classwatch_probe' });
  const prototype = layer && (Object.getPrototypeOf(layer) as BatchNormLayer);
  if (typeof prototype?.call !== 'function') return false;
  overrides.method(prototype, 'call', (before) => {
    return function call(this: BatchNormLayer, inputs, kwargs) {
      const x = Array.isArray(inputs) ? inputs[0]! : inputs;
      return kwargs?.training && covers(tf, this, x) ? train(tf, this, x) : before.call(this, inputs, kwargs);
    };
  });
  return true;
}

/** Channels last; and no gradient of a gradient, which our kernels do not have. */
function covers(tf: WasmTf, { axis, movingMean, movingVariance }: BatchNormLayer, x: Info): boolean {
  const last = axis === -1 || axis === x.shape.length - 1;
  const plain = last && x.shape.length >= 2 && x.dtype === 'float32' && x.shape.every((n) => n > 0);
  const known = movingMean !== undefined && movingVariance !== undefined;
  return plain && known && tf.getBackend() === BACKEND && gradientDepth(tf) <= 1;
}

function train(tf: WasmTf, layer: BatchNormLayer, x: Info): Info {
  return tf.tidy(() => {
    const channels = [x.shape.at(-1)!];
    // The layer of tfjs fails to train without gamma or beta; here they are constants.
    const gamma = layer.gamma?.read() ?? tf.ones(channels);
    const beta = layer.beta?.read() ?? tf.zeros(channels);
    const outputs = runKernel(tf, BATCH_NORM, { x, gamma, beta }, { epsilon: layer.epsilon });
    const [y, mean, variance] = outputs as [Info, Info, Info];
    moveTowards(tf, layer.movingMean!, mean, 1 - layer.momentum);
    moveTowards(tf, layer.movingVariance!, variance, 1 - layer.momentum);
    return y;
  });
}

/** The moving average, in the very operations of the layer. */
function moveTowards(tf: WasmTf, variable: LayerVariable, value: Info, share: number): void {
  const old = variable.read();
  variable.write(tf.sub(old, tf.mul(tf.sub(old, value), share)));
}
