/** Draws of normal class means, largest first: the same ones at every call. */
import { generator } from './generator.ts';
import { roughQuantile } from './normal.ts';

export interface SortedDraws {
  /** Number of draws D. */
  readonly draws: number;
  /** Means of each draw, D x M row-major, descending: single ones, then one for each stratum of the rest. */
  readonly means: Float64Array;
  /** How many of the variables each of the M stands for: 1 for single ones. */
  readonly counts: Float64Array;
}

/** Largest of the variables that are drawn one by one. */
const SINGLE = 40;
/** Smooth dimensions go by an additive recurrence, the others by shuffled strata. */
const EVEN = 6;

/**
 * Order statistics of `variables` independent standard normal ones. Beyond the 40 largest, ranks up to twice as far form a stratum of two
 * points at the ranks' expected quantiles given the smallest single one: so many average out.
 */
export function sortedDraws(variables: number, draws: number): SortedDraws {
  const single = Math.min(variables, SINGLE);
  const strata = strataOf(single, variables);
  const width = single + strata.length;
  const means = new Float64Array(draws * width);
  const uniform = uniforms(draws, single);
  for (let d = 0; d < draws; d++) {
    let log = 0;
    for (let i = 0; i < single; i++) {
      // The largest of n uniforms is U^(1/n), the next one that of n - 1 below it; in logs, for the upper tail.
      log += Math.log(uniform[d * single + i]!) / (variables - i);
      means[d * width + i] = upperQuantile(-Math.expm1(log));
    }
    const below = Math.exp(log);
    strata.forEach(({ share }, i) => {
      means[d * width + single + i] = upperQuantile(1 - below * (1 - share));
    });
  }
  const counts = Float64Array.from({ length: width }, (_, i) => (i < single ? 1 : strata[i - single]!.count));
  return { draws, means, counts };
}

/** The value that a normal variable exceeds with probability q. */
function upperQuantile(q: number): number {
  return q < 0.5 ? -roughQuantile(q) : roughQuantile(1 - q);
}

interface Stratum {
  readonly count: number;
  /** How far down the rest the stratum's point lies, in (0, 1). */
  readonly share: number;
}

function strataOf(single: number, variables: number): Stratum[] {
  const strata: Stratum[] = [];
  const rest = variables - single;
  for (let from = single; from < variables; ) {
    const to = Math.min(variables, 2 * from);
    // Two-point Gauss rule over the ranks.
    for (const at of [0.5 - 0.5 / Math.sqrt(3), 0.5 + 0.5 / Math.sqrt(3)]) {
      strata.push({ count: (to - from) / 2, share: (from - single + at * (to - from)) / rest });
    }
    from = to;
  }
  return strata;
}

/** draws x dimensions uniform numbers inside (0, 1), each dimension evenly spread. */
function uniforms(draws: number, dimensions: number): Float64Array {
  const values = new Float64Array(draws * dimensions);
  const random = generator(0x1b5);
  const even = Math.min(EVEN, dimensions);
  const root = generalisedGoldenRatio(even);
  for (let i = 0; i < dimensions; i++) {
    const step = root ** -(i + 1);
    const order = i < even ? null : shuffled(draws, random);
    for (let d = 0; d < draws; d++) {
      const value = order === null ? (0.5 + (d + 1) * step) % 1 : (order[d]! + random()) / draws;
      values[d * dimensions + i] = Math.min(1 - 1e-12, Math.max(1e-12, value));
    }
  }
  return values;
}

/** The root above 1 of x^(n + 1) = x + 1: its powers make the evenest additive recurrence known in n dimensions (Roberts, 2018). */
function generalisedGoldenRatio(n: number): number {
  let x = 2;
  for (let step = 0; step < 60; step++) x = (1 + x) ** (1 / (n + 1));
  return x;
}

function shuffled(size: number, random: () => number): Int32Array {
  const order = Int32Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return order;
}
