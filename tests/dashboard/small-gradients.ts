import { spread } from '../../src/record.ts';
import {
  cosinesWith,
  directionalNoise,
  gramCosines,
  gramNorms,
  meanSquares,
  spreadColumns,
  spreadPairs,
} from '../../src/stats/gram.ts';

/** One batch of a softmax regression: inputs, labels, and what is wrong with the probabilities of each example. */
export interface Residuals {
  readonly x: readonly Float64Array[];
  readonly y: readonly number[];
  readonly errors: readonly Float64Array[];
}

/** What the weights are split into, as layers of a network would be. */
export const LAYERS = ['first_inputs', 'other_inputs', 'bias'];

type Measured = { readonly [metric: string]: readonly (number | null)[] };

/** Gradients of the classes of one batch, as the metrics of the same names have them. `withPairs`: those made on schedule too. */
export function measureGradients({ x, y, errors }: Residuals, classes: number, withPairs: boolean): Measured {
  const present = [...new Set(y)].sort((a, b) => a - b);
  const counts = present.map((c) => y.filter((label) => label === c).length);
  const parts = present.map((c) => sumOf(x, errors, (i) => y[i] === c));
  const whole = parts[0]!.map((_, k) => parts.reduce((sum, part) => sum + part[k]!, 0));
  const norms = Float64Array.from(parts, (part) => Math.sqrt(product(part, part)));
  const along = parts.map((part) => product(part, whole));
  const total = product(whole, whole);
  const squares = present
    .map((c) =>
      y.reduce((sum, label, i) => sum + (label === c ? product(x[i]!, x[i]!) * product(errors[i]!, errors[i]!) : 0), 0),
    )
    .map((square) => square / x.length ** 2);
  const byClass = (values: ArrayLike<number | null>) => spread(spreadColumns(values, present, classes));
  return {
    'gradient-support': byClass(counts).map((count) => count ?? 0),
    'class-grad-norm': byClass(norms),
    'class-alignment': byClass(cosinesWith(along, norms, Math.sqrt(total))),
    'gradient-share': byClass(along.map((dot) => dot / total)),
    'gradient-signal': byClass(meanSquares(norms, counts)),
    'gradient-noise': byClass(directionalNoise(norms, squares, counts)),
    'class-gradient-dot': byClass(along),
    ...(withPairs ? measurePairs(parts, present, classes, x[0]!.length) : {}),
  };
}

function measurePairs(parts: readonly Float64Array[], present: readonly number[], classes: number, inputs: number) {
  const gram = parts.flatMap((a) => parts.map((b) => product(a, b)));
  const layers = LAYERS.map((_, layer) =>
    parts.map((part) =>
      Math.sqrt(part.reduce((sum, g, i) => sum + (layerOf(i % inputs, inputs) === layer ? g * g : 0), 0)),
    ),
  );
  return {
    'class-grad-cosine': spread(spreadPairs(gramCosines(gram, gramNorms(gram, parts.length)), present, classes)),
    'layer-grad-norm': layers.flatMap((norms) => spread(spreadColumns(norms, present, classes))),
  };
}

function layerOf(input: number, inputs: number): number {
  return input === inputs - 1 ? 2 : input < inputs / 2 ? 0 : 1;
}

/** Mean gradient over the batch of the chosen examples, classes x inputs. */
function sumOf(x: readonly Float64Array[], errors: readonly Float64Array[], isChosen: (i: number) => boolean) {
  const inputs = x[0]!.length;
  const sum = new Float64Array(errors[0]!.length * inputs);
  for (let i = 0; i < x.length; i++) {
    if (!isChosen(i)) continue;
    errors[i]!.forEach((error, c) => {
      for (let k = 0; k < inputs; k++) sum[c * inputs + k]! += (error * x[i]![k]!) / x.length;
    });
  }
  return sum;
}

function product(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}
