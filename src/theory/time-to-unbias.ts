/** Measurements in a row that must lie within the bound. */
const RUN_LENGTH = 3;
/** Part of the first deviation that counts as cleared. */
const CLEARED = 1 / 10;

/** How far guesses lie from the true shares at a step. */
export interface DeviationAt {
  readonly step: number;
  /** From 0; null where the network guesses nothing, which counts as biased. */
  readonly deviation: number | null;
}

/** When an initial bias has cleared: after `lastBiased`, at `firstUnbiased` at the latest. */
export interface TimeToUnbias {
  /** Step of the last measurement that is not unbiased; null where there is none. */
  readonly lastBiased: number | null;
  /** Step of the first of three measurements in a row within the bound; null: not yet. */
  readonly firstUnbiased: number | null;
}

/**
 * Time to unbias, from measurements in the order of steps: guesses are unbiased from the first measurement at which
 * deviation <= max(noise, deviation of the first / 10) holds three times running. For all classes the deviation is
 * d = 1/2 sum_c |f_c - share_c| and `noise` is `sharesNoise`; for one class |f_c - share_c| and `shareNoise`. What comes later does not
 * matter any more. Source: IGB (Francazi, Lucchi, Baity-Jesi, "Initial Guessing Bias", ICML 2024), made exact here.
 */
export function timeToUnbias(measurements: Iterable<DeviationAt>, noise: number): TimeToUnbias {
  let bound: number | null = null;
  let lastBiased: number | null = null;
  let since: number | null = null;
  let run = 0;
  for (const { step, deviation } of measurements) {
    bound ??= Math.max(noise, (deviation ?? 0) * CLEARED);
    if (deviation !== null && deviation <= bound) {
      since ??= step;
      if (++run === RUN_LENGTH) return { lastBiased, firstUnbiased: since };
    } else [lastBiased, since, run] = [step, null, 0];
  }
  return { lastBiased, firstUnbiased: null };
}

/** d = 1/2 sum_c |f_c - share_c|, from 0 to 1: the share of the examples whose guesses would have to change class. */
export function guessDeviation(fractions: ArrayLike<number>, shares: ArrayLike<number>): number {
  let sum = 0;
  for (let c = 0; c < shares.length; c++) sum += Math.abs(fractions[c]! - shares[c]!);
  return sum / 2;
}
