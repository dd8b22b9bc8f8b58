/** Sums of log Phi on even grids, from a table: a product over many classes is needed at many places. */
import { normalCdf, normalDensity } from './normal.ts';

/** Grid steps are whole multiples of the table's step, so that all points of a grid fall on the same place within a cell. */
const PER_UNIT = 40;
const LOW = -20;
const HIGH = 8.5;

interface Table {
  readonly value: Float64Array;
  /** Derivative times the table's step. */
  readonly slope: Float64Array;
}

let kept: Table | null = null;

function table(): Table {
  if (kept !== null) return kept;
  const size = (HIGH - LOW) * PER_UNIT + 1;
  const value = new Float64Array(size);
  const slope = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const x = LOW + i / PER_UNIT;
    const cdf = normalCdf(x);
    value[i] = x > 0 ? Math.log1p(-normalCdf(-x)) : Math.log(cdf);
    slope[i] = normalDensity(x) / cdf / PER_UNIT;
  }
  kept = { value, slope };
  return kept;
}

/**
 * Adds `count` log Phi(start + i step) to sums[i], for every i. `step`: a whole number of fortieths. Relative error about 1e-8 by cubic
 * interpolation; below -20 the value at -20 stands in (exp of it is 0 next to anything), above 8.5 nothing is added.
 */
export function addLogCdf(sums: Float64Array, start: number, step: number, count: number): void {
  const { value, slope } = table();
  const stride = Math.round(step * PER_UNIT);
  const place = (start - LOW) * PER_UNIT;
  let cell = Math.floor(place);
  const t = place - cell;
  const right = t * t * (3 - 2 * t);
  const [a, b, c, d] = [1 - right, right, t * (1 - t) * (1 - t), -t * t * (1 - t)];
  const last = value.length - 2;
  for (let i = 0; i < sums.length && cell <= last; i++, cell += stride) {
    const at = cell < 0 ? 0 : cell;
    const between = a * value[at]! + b * value[at + 1]! + c * slope[at]! + d * slope[at + 1]!;
    sums[i]! += count * between;
  }
}
