import type { ModelLike, TensorData, TensorLike, TfLike } from '../../tf.ts';
import { outputOf } from '../engine/copy.ts';
import { type LayerCall, withLayersHeard } from '../engine/layer-outputs.ts';
import { withoutTrace } from '../engine/no-trace.ts';
import { type Operations, operationsOf } from '../engine/tensors.ts';
import { shuffled } from './batches.ts';

/** Gamma after each layer of the model. */
export interface LayerGammas {
  /** Layers in the order in which they run. */
  readonly names: readonly string[];
  /** In evaluation mode. */
  readonly evaluation: readonly (number | null)[];
  /** In training mode; null where it was not asked. */
  readonly training: readonly (number | null)[] | null;
}

/** Layers that hand on what they get, in another shape or with noise in it: gamma is that of the layer before. */
const PASSING =
  /^(InputLayer|Flatten|Reshape|Permute|RepeatVector|Masking|ZeroPadding\dD|(Spatial|Gaussian|Alpha)?Dropout(\dD)?|GaussianNoise)$/;

/** What gamma needs of a layer, still on the device. */
export interface LayerSums {
  readonly layers: readonly { readonly name: string; readonly units: number; readonly areLogits: boolean }[];
  /** Number of examples D. */
  readonly examples: number;
  /** [6 per layer]: see `sumsOf`. */
  readonly sums: TensorLike;
}

/**
 * One pass over `xs` in one batch. A node is one unit: in a convolution one channel at one place, as `inputStatistics` and `meanField` take
 * it, so that flattening changes nothing. `output`: the index of the one that is watched. Run inside a tidy.
 */
export function layerSums(
  tf: TfLike,
  model: ModelLike,
  xs: readonly TensorLike[],
  output: number,
  training: boolean,
): LayerSums {
  const ops = operationsOf(tf);
  const examples = xs[0]!.shape[0]!;
  const layers: LayerSums['layers'][number][] = [];
  const parts: TensorLike[] = [];
  const hear = (call: LayerCall, tensor: TensorLike) => {
    const isOutput = call.output === output;
    // Probabilities of an output that nobody watches are no activations.
    if (PASSING.test(call.className) || (call.output !== null && !isOutput) || tensor.shape[0] !== examples) return;
    const units = tensor.size / examples;
    const flat = ops.cast(ops.reshape(tensor, [examples, units]), 'float32');
    const values = isOutput && call.givesProbabilities ? centredLogs(ops, flat) : flat;
    layers.push({ name: call.name, units, areLogits: isOutput && !call.givesProbabilities && units > 1 });
    // Kept, since the layer may run in a tidy of its model; let go with what else the pass keeps.
    parts.push(ops.keep(ops.tidy(() => sumsOf(ops, values))));
  };
  const sums = withoutTrace(tf, model, () => {
    withLayersHeard(model, hear, () => outputOf(model, xs, training, output));
    return ops.concat(parts, 0);
  });
  return { layers, examples, sums };
}

/** Smallest float32 above 0 that every device knows. */
const TINIEST = 2 ** -126;

/** As logits, up to what all nodes share; of a single sigmoid unit its logit. */
function centredLogs(ops: Operations, p: TensorLike): TensorLike {
  const log = (x: TensorLike) => ops.log(ops.maximum(x, TINIEST));
  if (p.shape[1] === 1) return ops.sub(log(p), log(ops.sub(1, p)));
  const logs = log(p);
  return ops.sub(logs, ops.mean(logs, 1, true));
}

/**
 * Sums over the units u of D x units values, relative to the first example f, so that what all examples share costs no digits:
 * f_u, s_u, f_u^2, f_u s_u, s_u^2, q_u, with s_u and q_u the sums over the examples of what they have more than f_u, and of its square.
 */
function sumsOf(ops: Operations, values: TensorLike): TensorLike {
  const [examples, units] = values.shape as [number, number];
  const first = ops.slice(values, [0, 0], [1, units]);
  const more = ops.sub(values, first);
  // As products, since wasm transposes what it sums over the first axis. Over the examples first: whoever adds up one after the other in
  // float32 comes to a halt at 2^24 terms.
  const ones = ops.fill([1, examples], 1);
  const sum = ops.matMul(ones, more);
  const squares = ops.matMul(ones, ops.square(more));
  const terms = [first, sum, ops.square(first), ops.mul(first, sum), ops.square(sum), squares];
  return ops.concat(
    terms.map((term) => ops.reshape(ops.sum(term), [1])),
    0,
  );
}

type Six = [number, number, number, number, number, number];

/**
 * Gamma of each layer: the mean over its nodes of the squared mean over the examples (its estimate less 1 / D of the variance), over the mean
 * of the variance. That is c / (1 - c) of the mean-field recursion, and what the nodes of a next layer with weights of mean 0 would have;
 * of logits, which are only compared with each other, the variance of the means instead (logarithms of probabilities are centred already):
 * at the output it is the metric `gamma`. Infinity where no example makes a difference, null where nothing is put out at all or something
 * is not finite. Source: IGB (Francazi, Lucchi, Baity-Jesi, "Initial Guessing Bias", ICML 2024).
 */
export function gammasOf({ layers, examples }: Omit<LayerSums, 'sums'>, sums: TensorData): (number | null)[] {
  return layers.map(({ units, areLogits }, i) => {
    const [f, s, ff, fs, ss, q] = Array.from(sums.subarray(6 * i, 6 * i + 6)) as Six;
    const within = (q - ss / examples) / (units * (examples - 1));
    const squares = ff + (2 * fs) / examples + ss / examples ** 2;
    const centred = squares - (f + s / examples) ** 2 / units;
    const between = areLogits ? centred / (units - 1) : squares / units;
    if (!Number.isFinite(within + between) || (within === 0 && between === 0)) return null;
    return between / within - 1 / examples;
  });
}

/** `count` examples of `xs`, drawn at random, the same each time. Run inside a tidy. */
export function sample(tf: TfLike, xs: readonly TensorLike[], count: number): readonly TensorLike[] {
  const ops = operationsOf(tf);
  const examples = xs[0]!.shape[0]!;
  if (count >= examples) return xs;
  const chosen = ops.tensor(shuffled(examples).subarray(0, count), [count], 'int32');
  return xs.map((x) => ops.gather(x, chosen));
}
