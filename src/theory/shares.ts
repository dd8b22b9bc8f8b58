import { sortedDraws } from './draws.ts';
import { addLogCdf } from './log-cdf.ts';
import { normalCdf, normalDensity } from './normal.ts';

export interface Shares {
  /** Shares of the classes of each draw, D x M row-major. */
  readonly values: Float64Array;
  /** How many classes each of the M stands for. */
  readonly counts: Float64Array;
  readonly draws: number;
}

const DRAWS = 256;
const STEP = 0.25;

/** Shares of all C classes for draws of their means: f_c = int phi(u - a xi_c) prod_{j != c} Phi(u - a xi_j) du. */
export function drawnShares(a: number, classes: number): Shares {
  const { means, counts, draws } = sortedDraws(classes, DRAWS);
  const width = counts.length;
  const values = new Float64Array(draws * width);
  for (let d = 0; d < draws; d++) {
    const shifts = means.subarray(d * width, (d + 1) * width).map((mean) => a * mean);
    fill(values.subarray(d * width, (d + 1) * width), shifts, counts);
  }
  return { values, counts, draws };
}

function fill(into: Float64Array, shifts: Float64Array, counts: Float64Array): void {
  const low = shifts[0]! - 8;
  const logs = new Float64Array(Math.ceil(16.5 / STEP));
  for (let j = 0; j < shifts.length; j++) addLogCdf(logs, low - shifts[j]!, STEP, counts[j]!);
  const products = logs.map((log) => Math.exp(log));
  let sum = 0;
  for (let c = 0; c < shifts.length; c++) {
    for (let i = 0; i < products.length; i++) {
      const x = low + i * STEP - shifts[c]!;
      // Far below its mean a class has the product against it anyway, and no digits to divide by.
      if (x > -9 && x < 9) into[c]! += (products[i]! * normalDensity(x)) / normalCdf(x);
    }
    sum += counts[c]! * into[c]!;
  }
  for (let c = 0; c < shifts.length; c++) into[c]! /= sum;
}
