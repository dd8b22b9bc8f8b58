/**
 * What one class is up against. Given the means of all other classes, the share of inputs that it wins rises with its own mean y from 0 to 1:
 * K(y) = P(max of the others' scores < y + noise). A curve per draw of the others; the law of a share follows from all of them.
 */
import type { SortedDraws } from './draws.ts';
import { addLogCdf } from './log-cdf.ts';
import { normalDensity, roughQuantile } from './normal.ts';

/** Steps of the scores over which K is a sum, relative to the largest of the others' means. */
const SCORE_LOW = -10;
const SCORE_STEP = 0.25;
const SCORES = 73;
/** Places where K is kept, relative to the same. */
const LOW = -9;
const STEP = 0.8;
const PLACES = 21;

const KERNEL = kernel();

/** Curves Phi^-1(K(y)), which is nearly a line in y, one per draw. */
export class Rivals {
  /** Mean of the strongest rival, times a, per draw. */
  readonly #tops: Float64Array;
  /** Phi^-1(K) and its derivative at the places, draws x PLACES row-major. */
  readonly #probits: Float64Array;
  readonly #slopes: Float64Array;
  readonly draws: number;

  /** `a`: the root of gamma. */
  constructor({ draws, means, counts }: SortedDraws, a: number) {
    this.draws = draws;
    this.#tops = new Float64Array(draws);
    this.#probits = new Float64Array(draws * PLACES);
    this.#slopes = new Float64Array(draws * PLACES);
    const sums = new Float64Array(SCORES);
    for (let d = 0; d < draws; d++) {
      const top = a * means[d * counts.length]!;
      this.#tops[d] = top;
      sums.fill(0);
      for (let j = 0; j < counts.length; j++) {
        addLogCdf(sums, top + SCORE_LOW - a * means[d * counts.length + j]!, SCORE_STEP, counts[j]!);
      }
      this.#keep(d, sums);
    }
  }

  /** Mean of the strongest rival, times a. */
  top(draw: number): number {
    return this.#tops[draw]!;
  }

  /** Phi^-1 of the share that a class of mean y wins. */
  probitAt(draw: number, y: number): number {
    const place = (y - this.#tops[draw]! - LOW) / STEP;
    const cell = Math.min(PLACES - 2, Math.max(0, Math.floor(place)));
    const [at, t] = [draw * PLACES + cell, place - cell];
    const [low, high] = [this.#probits[at]!, this.#probits[at + 1]!];
    const [first, second] = [STEP * this.#slopes[at]!, STEP * this.#slopes[at + 1]!];
    if (t < 0) return low + t * first;
    if (t > 1) return high + (t - 1) * second;
    return hermite(t, low, high, first, second);
  }

  /** The mean y at which a class wins the share Phi(z), and dy / dz. */
  meanAt(draw: number, z: number): { mean: number; slope: number } {
    const cell = this.#cellOf(draw, z);
    const at = draw * PLACES + cell;
    const [low, high] = [this.#probits[at]!, this.#probits[at + 1]!];
    const [first, second] = [1 / this.#slopes[at]!, 1 / this.#slopes[at + 1]!];
    const left = this.#tops[draw]! + LOW + cell * STEP;
    if (z <= low) return { mean: left + (z - low) * first, slope: first };
    if (z >= high) return { mean: left + STEP + (z - high) * second, slope: second };
    const width = high - low;
    const t = (z - low) / width;
    const mean = hermite(t, left, left + STEP, width * first, width * second);
    const chord = STEP / width;
    return { mean, slope: (1 - t) * (1 - 3 * t) * first + t * (3 * t - 2) * second + 6 * t * (1 - t) * chord };
  }

  /** The last cell that starts at or below z. */
  #cellOf(draw: number, z: number): number {
    let [low, high] = [0, PLACES - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#probits[draw * PLACES + middle]! <= z) low = middle;
      else high = middle;
    }
    return low;
  }

  /** `logs`: log H at the steps, H the distribution function of the others' largest score. */
  #keep(draw: number, logs: Float64Array): void {
    const reached = logs.map((log) => Math.exp(log));
    const missed = logs.map((log) => -Math.expm1(log));
    for (let k = 0; k < PLACES; k++) {
      let { share, slope } = against(reached, k, KERNEL.beyond[k]!, KERNEL.beyondSlope[k]!);
      let probit: number;
      if (share <= 0.5) probit = roughQuantile(share);
      else {
        // Next to 1 the complement is what has digits.
        ({ share, slope } = against(missed, k, 0, 0));
        probit = -roughQuantile(share);
        slope = -slope;
      }
      this.#probits[draw * PLACES + k] = probit;
      this.#slopes[draw * PLACES + k] = slope / normalDensity(probit);
    }
  }
}

function against(
  reached: Float64Array,
  k: number,
  beyond: number,
  beyondSlope: number,
): { share: number; slope: number } {
  let [share, slope] = [beyond, beyondSlope];
  for (let i = 0, at = k * SCORES; i < SCORES; i++, at++) {
    share += reached[i]! * KERNEL.density[at]!;
    slope += reached[i]! * KERNEL.slope[at]!;
  }
  return { share, slope };
}

interface Kernel {
  /** phi(score - place) and its derivative by place, times the step, PLACES x SCORES. */
  readonly density: Float64Array;
  readonly slope: Float64Array;
  /** Their sums over the steps above the last score, where H is 1. */
  readonly beyond: Float64Array;
  readonly beyondSlope: Float64Array;
}

function kernel(): Kernel {
  const density = new Float64Array(PLACES * SCORES);
  const slope = new Float64Array(PLACES * SCORES);
  const beyond = new Float64Array(PLACES);
  const beyondSlope = new Float64Array(PLACES);
  for (let k = 0; k < PLACES; k++) {
    for (let i = 0; i < 2 * SCORES; i++) {
      const away = SCORE_LOW + i * SCORE_STEP - (LOW + k * STEP);
      const [p, q] = [SCORE_STEP * normalDensity(away), SCORE_STEP * away * normalDensity(away)];
      if (i < SCORES) [density[k * SCORES + i], slope[k * SCORES + i]] = [p, q];
      else [beyond[k]!, beyondSlope[k]!] = [beyond[k]! + p, beyondSlope[k]! + q];
    }
  }
  return { density, slope, beyond, beyondSlope };
}

/** Cubic between two values with the derivatives given there, t in [0, 1]. */
function hermite(t: number, low: number, high: number, first: number, second: number): number {
  const right = t * t * (3 - 2 * t);
  const s = 1 - t;
  return (1 - right) * low + right * high + t * s * s * first - t * t * s * second;
}
