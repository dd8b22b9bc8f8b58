import { normalCdf, normalDensity } from './normal.ts';
import type { Shares } from './shares.ts';

/**
 * Chance that none of the classes has more than k of D guesses, mean over draws of their shares. Counts are Poisson ones given that they add
 * up to D, so it is the chance that none of independent Poisson counts exceeds k, times how much likelier or unlikelier those add up to D
 * (Levin, "A representation for multinomial cumulative distribution functions", 1981); their sum is taken for normal.
 */
export function noneAbove({ values, counts, draws }: Shares, k: number, examples: number): number {
  let mean = 0;
  for (let d = 0; d < draws; d++) {
    let log = 0;
    let [expected, variance] = [examples, examples];
    for (let j = 0; j < counts.length; j++) {
      const rate = values[d * counts.length + j]! * examples;
      // So far above what is expected that more never comes; shares fall with j.
      if (k > rate + 9 * Math.sqrt(rate) + 20) break;
      const part = upTo(k, rate);
      log += counts[j]! * Math.log(part.chance);
      expected += counts[j]! * (part.mean - rate);
      variance += counts[j]! * (part.variance - rate);
    }
    mean += Math.min(1, Math.exp(log) * addsUp(examples, expected, variance)) / draws;
  }
  return mean;
}

/** How much likelier a normal sum of this mean and variance is to be D than one of mean and variance D. */
function addsUp(examples: number, mean: number, variance: number): number {
  const deviation = Math.sqrt(Math.max(variance, 1 / 12));
  return (normalDensity((examples - mean) / deviation) / deviation) * Math.sqrt(2 * Math.PI * examples);
}

/** A Poisson count that does not exceed k: the chance of that, its mean and variance. */
function upTo(k: number, rate: number): { chance: number; mean: number; variance: number } {
  const chance = Math.max(poissonCdf(k, rate), 1e-300);
  const mean = Math.min(k, (rate * poissonCdf(k - 1, rate)) / chance);
  const pairs = (rate * rate * poissonCdf(k - 2, rate)) / chance;
  return { chance, mean, variance: Math.min(rate, Math.max(0, pairs + mean - mean * mean)) };
}

/** P(n <= k), n ~ Poisson(rate): the normal approximation of Peizer and Pratt (1968), absolute error below 1e-3, mostly far below. */
export function poissonCdf(k: number, rate: number): number {
  if (k < 0) return 0;
  if (rate < 1e-12) return 1;
  if (k === 0) return Math.exp(-rate);
  const distance = k + 2 / 3 - rate + 0.02 / (k + 1);
  return normalCdf(distance * Math.sqrt((1 + bend((k + 0.5) / rate)) / rate));
}

function bend(x: number): number {
  const away = 1 - x;
  // Near 1 the quotient cancels; its series there.
  if (Math.abs(away) < 1e-3) return away / 3;
  return (1 - x * x + 2 * x * Math.log(x)) / (away * away);
}
