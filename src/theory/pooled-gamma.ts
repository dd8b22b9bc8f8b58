import { chiSquareQuantile } from './chi-square.ts';

/** What one network's output nodes do on a data set. */
export interface NodeMoments {
  /** Mean over the data of each node. */
  readonly means: readonly number[];
  /** Variance over the data of what a node has more than the others: what decides between classes. */
  readonly within: number;
}

export interface PooledGamma {
  readonly gamma: number;
  /** 95 % interval. */
  readonly low: number;
  readonly high: number;
}

/**
 * gamma of an architecture out of several of its initialisations: variance of the node means over the variance across the data, each summed
 * over the networks before dividing (one whose outputs hardly vary then counts little), less 1 / D, which means over D inputs have by chance.
 * A single node is measured against 0, where its guess turns.
 *
 * The interval takes the node means for normal, so that k networks of C nodes give k (C - 1) degrees of freedom; where the networks differ
 * more than that among themselves (narrow or deep ones do), fewer. Null where no output varies. Source: IGB; theory of ratio estimators.
 */
export function pooledGamma(networks: readonly NodeMoments[], examples: number): PooledGamma | null {
  const between = networks.map(({ means }) => spreadOf(means));
  const within = networks.map((network) => network.within);
  const total = sum(within);
  if (!(total > 0)) return null;
  const ratio = sum(between) / total;
  const each = Math.max(1, networks[0]!.means.length - 1);
  const expected = (2 * (ratio * (total / networks.length)) ** 2) / each;
  const residuals = between.map((value, i) => (value - ratio * within[i]!) ** 2);
  const seen = networks.length > 1 ? sum(residuals) / (networks.length - 1) : 0;
  const freedom = (networks.length * each) / (expected > 0 ? Math.max(1, seen / expected) : 1);
  const corrected = (value: number) => Math.max(0, value - 1 / examples);
  return {
    gamma: corrected(ratio),
    low: corrected((ratio * freedom) / chiSquareQuantile(0.975, freedom)),
    high: corrected((ratio * freedom) / chiSquareQuantile(0.025, freedom)),
  };
}

/** Unbiased variance of the nodes' means; of a single one its square. */
function spreadOf(means: readonly number[]): number {
  if (means.length === 1) return means[0]! ** 2;
  const mean = sum(means) / means.length;
  return means.reduce((squares, value) => squares + (value - mean) ** 2, 0) / (means.length - 1);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
