import { surprise } from './binary-law.ts';
import { noneAbove } from './largest-count.ts';
import { normalCdf, normalQuantile } from './normal.ts';
import { panelRule } from './quadrature.ts';
import type { ShareLaw, TopLaw } from './share-law.ts';
import { drawnShares } from './shares.ts';

/**
 * The law of counted shares n / D in a data set of D inputs: n ~ Binomial(D, G) for one class. The largest count is exact from half of the
 * inputs on, where only one class can have so many; below, `largest-count` approximates.
 */
export function finiteLaw(law: ShareLaw, a: number, classes: number, examples: number): ShareLaw {
  const below = countLaw(law, examples);
  const pooled = memo(() => drawnShares(a, classes));
  const topBelow = (k: number) => {
    if (k < 0) return 0;
    if (2 * k >= examples) return Math.max(0, 1 - classes * (1 - below(k)));
    return k * classes < examples ? 0 : noneAbove(pooled(), k, examples);
  };
  const mass = (k: number) => below(k) - below(k - 1);
  const topShare = memo(() => {
    // E n = sum over k of P(n > k); of many counts, every so many stands for its neighbours.
    const stride = Math.ceil(examples / 500);
    let sum = 0;
    for (let k = 0; k < examples; k += stride) {
      const size = Math.min(stride, examples - k);
      sum += size * (1 - topBelow(k + Math.floor(size / 2)));
    }
    return sum / examples;
  });
  const entropy = memo(() => {
    let sum = 0;
    for (let k = 1; k < examples; k++) sum += surprise(k / examples) * mass(k);
    return (sum * classes) / Math.log(classes);
  });
  return {
    get topShare() {
      return topShare();
    },
    get entropy() {
      return entropy();
    },
    pdf: (g) => examples * mass(Math.round(g * examples)),
    ...stepped(below, examples),
    top: stepped(topBelow, examples),
  };
}

function memo<T>(value: () => T): () => T {
  let known: { value: T } | null = null;
  return () => {
    known ??= { value: value() };
    return known.value;
  };
}

/** Distribution function and quantile of a share that comes in steps of 1 / D. */
function stepped(below: (count: number) => number, examples: number): TopLaw {
  return {
    cdf: (g) => below(Math.floor(g * examples + 1e-9)),
    quantile: (p) => {
      let [low, high] = [-1, examples];
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (below(middle) >= p) high = middle;
        else low = middle;
      }
      return high / examples;
    },
  };
}

/** k -> P(n <= k), n ~ Binomial(D, G): that is P(G < B) with B ~ Beta(k + 1, D - k), so a mean of the law of G itself. */
function countLaw(law: ShareLaw, examples: number): (count: number) => number {
  // Most of the work; the largest of many shares mostly does without it.
  const tabled = memo(() => table(law));
  const known = new Map<number, number>();
  return (count) => {
    if (count < 0) return 0;
    if (count >= examples) return 1;
    const before = known.get(count);
    if (before !== undefined) return before;
    const value = betaMean(tabled(), count + 1, examples - count);
    known.set(count, value);
    return value;
  };
}

interface Table {
  readonly at: (share: number) => number;
  /** Shares between which the law lies, as logits. */
  readonly bends: readonly number[];
}

const CELLS = 400;
const FAR = 1e-9;

/** The distribution function of G, kept on the scale of Phi^-1, where it is nearly a line. */
function table(law: ShareLaw): Table {
  const quantile = (p: number) => normalQuantile(Math.min(1 - 1e-16, Math.max(1e-300, law.quantile(p))));
  const [low, high] = [quantile(FAR), quantile(1 - FAR)];
  const step = (high - low) / CELLS;
  const reach = (z: number) => Math.min(6.5, Math.max(-6.5, normalQuantile(law.cdf(normalCdf(z)))));
  const values = step > 0 ? Float64Array.from({ length: CELLS + 1 }, (_, i) => reach(low + i * step)) : null;
  const bends = [FAR, 0.001, 0.1, 0.5, 0.9, 0.999, 1 - FAR].map((p) => logit(normalCdf(quantile(p))));
  const at = (share: number) => {
    const z = normalQuantile(share);
    if (z < low) return 0;
    if (z >= high || values === null) return 1;
    const place = (z - low) / step;
    const cell = Math.min(CELLS - 1, Math.floor(place));
    return normalCdf(values[cell]! + (place - cell) * (values[cell + 1]! - values[cell]!));
  };
  return { at, bends };
}

function logit(share: number): number {
  return Math.log(share / (1 - share));
}

/** E F(B), B ~ Beta(a, b): over the logit t of B, whose density is exp(a t) / (1 + exp t)^(a + b) up to a factor. */
function betaMean({ at, bends }: Table, a: number, b: number): number {
  const mode = Math.log(a / b);
  const width = Math.sqrt(1 / a + 1 / b);
  const [low, high] = [mode - Math.max(9 * width, 37 / a), mode + Math.max(9 * width, 37 / b)];
  const around = [-4, -1.5, 0, 1.5, 4].map((steps) => mode + steps * width);
  const cuts = [...around, ...bends].filter((cut) => cut > low && cut < high).sort((x, y) => x - y);
  const { nodes, weights } = panelRule([low, ...cuts, high], 10);
  const peak = a * mode - (a + b) * Math.log1p(Math.exp(mode));
  let [sum, total] = [0, 0];
  for (let i = 0; i < nodes.length; i++) {
    const t = nodes[i]!;
    const softplus = Math.max(0, t) + Math.log1p(Math.exp(-Math.abs(t)));
    const weight = weights[i]! * Math.exp(a * t - (a + b) * softplus - peak);
    total += weight;
    sum += weight * at(1 / (1 + Math.exp(-t)));
  }
  return sum / total;
}
