import { normalCdf, normalQuantile } from './normal.ts';
import { normalRule, sumOver } from './quadrature.ts';
import type { ShareLaw } from './share-law.ts';

/** Two classes: G = Phi(a xi), xi ~ N(0, 1), in closed form (IGB). `a`: the root of gamma, above 0. */
export function binaryLaw(a: number): ShareLaw {
  return {
    topShare: 0.5 + Math.atan(a) / Math.PI,
    entropy: sumOver(normalRule([0], 1 / a), (x) => 2 * surprise(normalCdf(a * x))) / Math.LN2,
    cdf: (g) => normalCdf(normalQuantile(g) / a),
    pdf: (g) => {
      if (g <= 0 || g >= 1) return 0;
      const z = normalQuantile(g);
      // One exponential: each density by itself may underflow.
      return Math.exp(0.5 * z * z * (1 - 1 / (a * a))) / a;
    },
    quantile: (p) => normalCdf(a * normalQuantile(p)),
    top: {
      cdf: (t) => Math.max(0, 1 - 2 * normalCdf(-normalQuantile(t) / a)),
      quantile: (p) => normalCdf(-a * normalQuantile(0.5 * (1 - p))),
    },
  };
}

/** -f log f, the part of one share in the entropy, in nats. */
export function surprise(f: number): number {
  return f > 0 ? -f * Math.log(f) : 0;
}
