import type { Groups, Point } from './class-groups.ts';
import { orthogonalize } from './singular-values.ts';
import { spectralNorm } from './spectral-norm.ts';

/** All matrices whose nuclear norm (sum of singular values) is at most `radius`. */
export class NuclearBall {
  readonly #groups: Groups;
  readonly #radius: number;
  /** Right singular vectors of the last S that was projected: the next one is not far. */
  readonly #vectors: Float64Array;

  constructor(groups: Groups, radius: number) {
    const m = groups.sizes.length;
    this.#groups = groups;
    this.#radius = radius;
    this.#vectors = new Float64Array(m * m);
    for (let j = 0; j < m; j++) this.#vectors[j * m + j] = 1;
  }

  /**
   * The nearest matrix of the ball, and the rank of its S: every singular value gives up the same amount, and those that
   * have not so much become 0 exactly.
   *
   * With only so many `sweeps` towards orthogonal columns it is nearly the nearest. It lies in the ball all the same: the lengths of
   * the columns add up to at least the nuclear norm.
   */
  project(point: Point, sweeps?: number): { readonly point: Point; readonly rank: number } {
    const { sizes } = this.#groups;
    const m = sizes.length;
    const columns = times(point.subarray(m), this.#vectors, m);
    const lengths = orthogonalize(columns, this.#vectors, m, sweeps);
    const given = threshold([...point.subarray(0, m), ...lengths], this.#weights(), this.#radius);
    const nearest = new Float64Array(point.length);
    for (let g = 0; g < m; g++) {
      if (sizes[g]! > 1) nearest[g] = Math.sign(point[g]!) * Math.max(0, Math.abs(point[g]!) - given);
    }
    let rank = 0;
    for (let j = 0; j < m; j++) {
      if (lengths[j]! <= given) continue;
      rank++;
      addOuter(nearest.subarray(m), columns, this.#vectors, j, 1 - given / lengths[j]!, m);
    }
    return { point: nearest, rank };
  }

  /** max <-gradient, S> over the ball: by how much the linear part can fall from 0. */
  support(gradient: Point): number {
    const { sizes } = this.#groups;
    const m = sizes.length;
    let norm = spectralNorm(gradient.slice(m), m);
    for (let g = 0; g < m; g++) if (sizes[g]! > 1) norm = Math.max(norm, Math.abs(gradient[g]!));
    return this.#radius * norm;
  }

  /** How often each d and each singular value of S counts. */
  #weights(): number[] {
    const { sizes } = this.#groups;
    return [...sizes.map((size) => size - 1), ...sizes.map(() => 1)];
  }
}

/** t with sum w_i max(0, |x_i| - t) = radius; 0 where the sum is no larger without it. */
function threshold(values: readonly number[], weights: readonly number[], radius: number): number {
  const order = values.map((value, i) => [Math.abs(value), weights[i]!] as const).sort((a, b) => b[0] - a[0]);
  let sum = 0;
  let weight = 0;
  let given = 0;
  for (const [value, often] of order) {
    if (value <= given) break;
    sum += often * value;
    weight += often;
    if (weight > 0) given = Math.max(0, (sum - radius) / weight);
  }
  return given;
}

/** A B of two m x m matrices, each given column after column. */
function times(a: Float64Array, b: Float64Array, m: number): Float64Array {
  const out = new Float64Array(m * m);
  for (let j = 0; j < m; j++) {
    for (let k = 0; k < m; k++) {
      const factor = b[j * m + k]!;
      if (factor === 0) continue;
      for (let i = 0, to = j * m, from = k * m; i < m; i++) out[to + i]! += factor * a[from + i]!;
    }
  }
  return out;
}

/** Adds `factor` times the j-th column of `left` times the j-th of `right`, transposed. */
function addOuter(
  out: Float64Array,
  left: Float64Array,
  right: Float64Array,
  j: number,
  factor: number,
  m: number,
): void {
  for (let h = 0; h < m; h++) {
    const along = factor * right[j * m + h]!;
    if (along === 0) continue;
    for (let g = 0, to = h * m, from = j * m; g < m; g++) out[to + g]! += along * left[from + g]!;
  }
}
