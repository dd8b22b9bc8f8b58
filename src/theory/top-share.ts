import { owenT } from './bivariate-normal.ts';
import { normalCdf, normalDensity, normalQuantile } from './normal.ts';
import { panelRule, type Rule, sumOver } from './quadrature.ts';

/** Where the noise of the scores has all its weight. */
const NOISE = panelRule([-8.5, -6, -4.5, -3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 4.5, 6, 8.5], 6);

/**
 * Expected largest share of C classes whose scores are a xi_c + eps_c. The class with the largest mean xi_c wins the most inputs, so this is
 * the chance that the class with the largest mean also has the largest score:
 * C int int phi(t) phi(e) P(xi < t, a xi + eps < a t + e)^(C - 1) de dt. No draws; about eight digits.
 */
export function expectedTopShare(a: number, classes: number): number {
  const means = meansOfTheLargest(classes);
  return sumOver(means, (t) => {
    const others = sumOver(NOISE, (e) => normalDensity(e) * Math.exp((classes - 1) * Math.log(bothBelow(a, t, e))));
    return classes * normalDensity(t) * others;
  });
}

/** Where the largest of C normal means can lie. */
function meansOfTheLargest(classes: number): Rule {
  const low = Math.max(-8.5, normalQuantile(1e-16 ** (1 / classes)));
  const high = -normalQuantile(1e-17 / classes);
  const middle = normalQuantile(0.5 ** (1 / classes));
  return panelRule([low, 0.5 * (low + middle), middle, middle + 1, high], 12);
}

/** P(xi < t, a xi + eps < a t + e): Owen's form in which nothing cancels as a grows. */
function bothBelow(a: number, t: number, e: number): number {
  const root = Math.sqrt(1 + a * a);
  const score = a * t + e;
  const k = score / root;
  const wedges = owenT(t, e / t) + owenT(k, (t - a * e) / score);
  return Math.max(0, 0.5 * (normalCdf(t) + normalCdf(k)) - wedges - (t * k < 0 ? 0.5 : 0));
}
