import { normalQuantile } from './normal.ts';
import { root } from './root.ts';

/** Beyond so many degrees of freedom the cube root is normal to five digits. */
const MANY = 2000;

/**
 * The value that a chi-square variable with `freedom` degrees of freedom (above 0, need not be whole) does not exceed with probability p in
 * (0, 1). To ten digits up to 2,000 degrees, by Wilson and Hilferty (1931) above.
 */
export function chiSquareQuantile(p: number, freedom: number): number {
  const spread = 2 / (9 * freedom);
  const rough = freedom * Math.max(0, 1 - spread + normalQuantile(p) * Math.sqrt(spread)) ** 3;
  if (freedom > MANY) return rough;
  // In logs: with one degree the 2.5 % lie at 0.001.
  const missing = (log: number) => p - lowerGamma(freedom / 2, Math.exp(log) / 2);
  let high = Math.log(freedom + 10);
  while (missing(high) > 0) high += 1;
  return Math.exp(root(missing, -700, high));
}

/** P(a, x), the regularised lower incomplete gamma function: its series, or Lentz' continued fraction of what is left. */
function lowerGamma(a: number, x: number): number {
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  return x < a + 1 ? scale * series(a, x) : 1 - scale * fraction(a, x);
}

function series(a: number, x: number): number {
  let [term, sum] = [1 / a, 1 / a];
  for (let n = 1; term > sum * 1e-16; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

function fraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let value = d;
  for (let n = 1, change = 0; n < 10_000 && Math.abs(change - 1) > 1e-15; n++) {
    const numerator = n * (a - n);
    b += 2;
    d = 1 / (b + numerator * d);
    c = b + numerator / c;
    change = c * d;
    value *= change;
  }
  return value;
}

/** log Gamma(x), x > 0: Stirling's series, after going up to where it holds. */
export function logGamma(x: number): number {
  let down = 0;
  for (; x < 10; x++) down += Math.log(x);
  const square = 1 / (x * x);
  const tail = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680))) / x;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + tail - down;
}
