import { requireObject, requirePositive, requireWhole } from './requirement.ts';
import { root } from './root.ts';

export interface ThresholdInput {
  /** Number of classes with many examples. */
  readonly majority: number;
  /** Number of classes with few. */
  readonly minority: number;
  /** Bound on (1/C) sum |w_k|^2. */
  readonly weightEnergy: number;
  /** Bound on (1/C) sum |h_k|^2. */
  readonly featureEnergy: number;
}

export interface MinorityCollapseThresholds {
  /** R0: from this imbalance ratio on, all minority classifiers are the same vector. null: never. */
  readonly collapse: number | null;
  /** R1: from this imbalance ratio on, they are exactly 0. null: never. */
  readonly zero: number | null;
}

/**
 * At which imbalance ratio R (examples of a majority class / of a minority class) the layer-peeled model with two groups of
 * classes changes phase. Minority collapse: Fang, He, Long, Su (PNAS 2021). The conditions are those of optimality at M = a P_A + d P_B
 * + u (p e_A + q e_B)^T: at R0 the largest multiplier allows d > 0 no longer, at R1 nor (p, q) other than 0.
 *
 * `collapse` is null for one minority class (there is nothing to share), and where R0 is too large for a number. `zero` is null for
 * one majority class, and where the energies are large enough.
 *
 * @throws RangeError if a number of classes is not a whole number of at least 1, or an energy is not above 0.
 */
export function minorityCollapseThresholds(input: ThresholdInput): MinorityCollapseThresholds {
  requireObject(
    'The argument of minorityCollapseThresholds',
    input,
    '{ majority: 5, minority: 5, weightEnergy: 1, featureEnergy: 5 }',
  );
  const { majority, minority, weightEnergy, featureEnergy } = input;
  requireWhole('majority', majority, 1);
  requireWhole('minority', minority, 1);
  requirePositive('weightEnergy', weightEnergy);
  requirePositive('featureEnergy', featureEnergy);
  const radius = (majority + minority) * Math.sqrt(weightEnergy) * Math.sqrt(featureEnergy);
  const collapse = minority < 2 ? null : collapseAt(majority, minority, radius);
  return { collapse: finite(collapse), zero: finite(majority < 2 ? null : zeroAt(majority, minority, radius)) };
}

function finite(ratio: number | null): number | null {
  return ratio !== null && Number.isFinite(ratio) ? ratio : null;
}

/**
 * At R0 the multiplier is the share of one minority class. What is left of the radius after a goes to sigma = |(p, q)|, and three conditions fix
 * sigma, its direction, and R. With one majority class there is no a: sigma is all of the radius.
 */
function collapseAt(majority: number, minority: number, radius: number): number {
  const classes = majority + minority;
  const spread = (sigma: number) => (majority > 1 ? (radius - sigma) / (majority - 1) : 0);
  const rise = Math.sqrt(classes / minority) / majority;
  /** p / sigma. */
  const towards = (sigma: number) => Math.sqrt(1 - minorityPart(majority, minority, sigma) ** 2);
  if (majority === 1) {
    const odds = Math.exp(-rise * radius * towards(radius));
    return (towards(radius) * (1 + minority * odds)) / (Math.sqrt(classes * minority) * odds);
  }
  const sigma = root(
    (x) => {
      const above = rise * x * towards(x) - spread(x) / majority;
      return Math.sqrt(classes * minority) / (minority + majority * Math.exp(above)) - towards(x);
    },
    0,
    radius,
  );
  return multiplierRatio(majority, minority, spread(sigma), rise * sigma * towards(sigma));
}

/** |q| / sigma for the minority's own columns: the pull of their loss along u has to point along (p, q). */
function minorityPart(majority: number, minority: number, sigma: number): number {
  const classes = majority + minority;
  const rise = Math.sqrt(classes / majority) / minority;
  const even = Math.sqrt(majority / classes);
  return root(
    (part) => Math.sqrt(classes / majority) / (1 + (minority / majority) * Math.exp(rise * sigma * part)) - part,
    0,
    even,
  );
}

/** 1 / (1 - p_own + p_fellow) of a majority class with logits a above its fellows and, by `rise`, above the minority. */
function multiplierRatio(majority: number, minority: number, a: number, rise: number): number {
  const outside = minority * Math.exp(-(a - a / majority) - rise);
  const fellow = Math.exp(-a);
  return (1 + (majority - 1) * fellow + outside) / (outside + majority * fellow);
}

function zeroAt(majority: number, minority: number, radius: number): number | null {
  const classes = majority + minority;
  const a = radius / (majority - 1);
  const lost = minority + majority * Math.exp(-a / majority);
  const left = 1 - (classes * minority) / (lost * lost);
  if (left <= 0) return null;
  return Math.sqrt(majority / classes / left) * multiplierRatio(majority, minority, a, 0);
}
