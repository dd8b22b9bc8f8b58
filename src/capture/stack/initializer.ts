/** What the initialisers of tfjs draw, told by their serialised form. */

export interface Draws {
  readonly mean: number;
  readonly variance: number;
}

export interface InitializerLike {
  readonly className?: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

/**
 * Variance of a standard normal variable without what lies beyond two deviations: 1 - 4 phi(2) / (2 Phi(2) - 1). tfjs (4.22) draws so in
 * truncatedNormal and in every VarianceScaling of distribution normal, and does not, as Keras does, widen the deviation to make up for it:
 * its heNormal has variance 1.55 / fan_in, not 2 / fan_in.
 */
export const TRUNCATED_VARIANCE = 0.7737413035499232;

/**
 * Mean and variance of a weight of this shape: VarianceScaling (and so glorot*, he*, leCun*), RandomNormal, TruncatedNormal, RandomUniform,
 * Orthogonal, Zeros, Ones, Constant. Null for any other, Identity among them, whose weights are no draws.
 */
export function drawsOf({ className, config = {} }: InitializerLike, shape: readonly number[]): Draws | null {
  const number = (key: string): number => Number(config[key]);
  switch (className) {
    case 'Zeros':
      return { mean: 0, variance: 0 };
    case 'Ones':
      return { mean: 1, variance: 0 };
    case 'Constant':
      return finite({ mean: number('value'), variance: 0 });
    case 'RandomNormal':
      return finite({ mean: number('mean'), variance: number('stddev') ** 2 });
    case 'TruncatedNormal':
      return finite({ mean: number('mean'), variance: TRUNCATED_VARIANCE * number('stddev') ** 2 });
    case 'RandomUniform':
      return finite({
        mean: (number('minval') + number('maxval')) / 2,
        variance: (number('maxval') - number('minval')) ** 2 / 12,
      });
    case 'Orthogonal':
      // Rows or columns of length `gain`, whichever are fewer.
      return finite({ mean: 0, variance: number('gain') ** 2 / Math.max(...rowsAndColumns(shape)) });
    case 'VarianceScaling':
      return finite({ mean: 0, variance: scaledVariance(config, shape) });
    default:
      return null;
  }
}

function finite(draws: Draws): Draws | null {
  return Number.isFinite(draws.mean) && Number.isFinite(draws.variance) ? draws : null;
}

function scaledVariance(config: Readonly<Record<string, unknown>>, shape: readonly number[]): number {
  const [fanIn, fanOut] = fansOf(shape);
  const fan = config.mode === 'fanIn' ? fanIn : config.mode === 'fanOut' ? fanOut : (fanIn + fanOut) / 2;
  const variance = Number(config.scale) / Math.max(1, fan);
  return config.distribution === 'normal' ? TRUNCATED_VARIANCE * variance : variance;
}

/** As tfjs counts them: the window times input channels, and times output channels. */
function fansOf(shape: readonly number[]): readonly [fanIn: number, fanOut: number] {
  if (shape.length < 2) {
    const root = Math.sqrt(product(shape));
    return [root, root];
  }
  const window = product(shape.slice(0, -2));
  return [window * shape.at(-2)!, window * shape.at(-1)!];
}

function rowsAndColumns(shape: readonly number[]): readonly [number, number] {
  return [product(shape.slice(0, -1)), shape.at(-1) ?? 1];
}

export function product(lengths: readonly number[]): number {
  return lengths.reduce((all, length) => all * length, 1);
}
