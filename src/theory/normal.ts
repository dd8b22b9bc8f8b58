/** The standard normal distribution, to about the precision of a double, in both tails. */

const SQRT_2PI = Math.sqrt(2 * Math.PI);

/** phi(x) = exp(-x^2 / 2) / sqrt(2 pi). */
export function normalDensity(x: number): number {
  return Math.exp(-0.5 * x * x) / SQRT_2PI;
}

/** Phi(x), the probability of a value up to x; its relative error stays small down to the smallest double. */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return x;
  return x > 0 ? 1 - lowerTail(x) : lowerTail(-x);
}

/**
 * Phi^-1(p): the x below which a standard normal value lies with probability p. -Infinity at 0, Infinity at 1, NaN outside [0, 1].
 * Above 1/2 it is as exact as p is: for an upper tail of probability q, call -normalQuantile(q).
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0.5) return 0;
  return p > 0.5 ? -lowerQuantile(1 - p) : lowerQuantile(p);
}

function lowerQuantile(p: number): number {
  if (p === 0) return -Infinity;
  let x = roughQuantile(p);
  // Two steps of Halley: the rough value is good to nine digits, each step triples them.
  for (let step = 0; step < 2; step++) {
    const density = normalDensity(x);
    if (density === 0) break;
    const newton = (normalCdf(x) - p) / density;
    x -= newton / (1 + 0.5 * x * newton);
  }
  return x;
}

// Rational approximations of Cody, "Rational Chebyshev approximations for the error function" (1969), for erfc(y).
const MIDDLE_TOP = [
  2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001, 881.952221241769,
  1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
];
const MIDDLE_BOTTOM = [
  1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597,
  4362.619090143247, 3439.3676741437216, 1230.3393548037495,
];
const FAR_TOP = [
  0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275,
  0.0006587491615298378,
];
const FAR_BOTTOM = [
  1, 2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131241432, 0.0023352049762686918,
];
const NEAR_TOP = [0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694];
const NEAR_BOTTOM = [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171];

function lowerTail(x: number): number {
  const y = x / Math.SQRT2;
  if (y < 0.46875) return 0.5 * (1 - y * ratio(NEAR_TOP, NEAR_BOTTOM, y * y));
  return 0.5 * gaussian(x) * (y < 4 ? ratio(MIDDLE_TOP, MIDDLE_BOTTOM, y) : farRatio(y));
}

function farRatio(y: number): number {
  const inverse = 1 / (y * y);
  return (1 / Math.sqrt(Math.PI) - inverse * ratio(FAR_TOP, FAR_BOTTOM, inverse)) / y;
}

/** exp(-x^2 / 2). The square of x rounded to 1/16 is exact, so that its rounding is not blown up by the exponential. */
function gaussian(x: number): number {
  const coarse = Math.trunc(x * 16) / 16;
  if (coarse > 40) return 0;
  return Math.exp(-0.5 * coarse * coarse) * Math.exp(-0.5 * (x - coarse) * (x + coarse));
}

// Acklam's rational approximation of the quantile, relative error 1e-9.
const CENTRE_TOP = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
];
const CENTRE_BOTTOM = [
  -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1,
];
const TAIL_TOP = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_BOTTOM = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];

/** Phi^-1(p) to nine digits, for p in (0, 1/2]: a fraction of the time of `normalQuantile`, for draws. */
export function roughQuantile(p: number): number {
  if (p < 0.02425) return ratio(TAIL_TOP, TAIL_BOTTOM, Math.sqrt(-2 * Math.log(p)));
  const q = p - 0.5;
  return q * ratio(CENTRE_TOP, CENTRE_BOTTOM, q * q);
}

/** Ratio of two polynomials, the highest power first. */
function ratio(top: readonly number[], bottom: readonly number[], x: number): number {
  let numerator = 0;
  for (const coefficient of top) numerator = numerator * x + coefficient;
  let denominator = 0;
  for (const coefficient of bottom) denominator = denominator * x + coefficient;
  return numerator / denominator;
}
