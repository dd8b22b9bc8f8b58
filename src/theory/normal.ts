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
  2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1, 2.98635138197400131e2,
  8.8195222124176909e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3,
];
const MIDDLE_BOTTOM = [
  1, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3, 3.29079923573345963e3,
  4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
];
const FAR_TOP = [
  1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
  1.60837851487422766e-2, 6.58749161529837803e-4,
];
const FAR_BOTTOM = [
  1, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1, 6.05183413124143191e-2, 2.33520497626869185e-3,
];
const NEAR_TOP = [
  1.85777706184603153e-1, 3.1611237438705656, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3,
];
const NEAR_BOTTOM = [1, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3];

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
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
];
const CENTRE_BOTTOM = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1, 1,
];
const TAIL_TOP = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_BOTTOM = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1];

function roughQuantile(p: number): number {
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
