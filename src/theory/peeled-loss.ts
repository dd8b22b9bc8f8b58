import type { Groups, Point } from './class-groups.ts';

/** Mean cross-entropy (1/N) sum_k n_k CE(M_:k, k) of logits M, whose column k are those of class k, and its gradient. */
export interface PeeledLoss {
  readonly loss: number;
  readonly gradient: Point;
}

export function peeledLoss(groups: Groups, point: Point): PeeledLoss {
  const m = groups.sizes.length;
  const gradient = new Float64Array(point.length);
  const odds = new Float64Array(m);
  let loss = 0;
  for (let h = 0; h < m; h++) {
    if (groups.shares[h] === 0) continue;
    loss += groups.sizes[h]! * groups.shares[h]! * columnLoss(groups, point, h, odds, gradient);
  }
  return { loss, gradient };
}

/**
 * Cross-entropy of one class of group h; its part of the gradient goes to `gradient`. All is written by what the *other*
 * classes get, never by 1 - p: where a class is nearly certain, that would be rounding and nothing else.
 */
function columnLoss(
  { sizes, shares }: Groups,
  point: Point,
  h: number,
  odds: Float64Array,
  gradient: Float64Array,
): number {
  const m = sizes.length;
  const size = sizes[h]!;
  const column = m + h * m;
  const own = point[column + h]! / size + point[h]! * (1 - 1 / size);
  const fellow = own - point[h]!;
  const top = highest(sizes, point, h, own, fellow, odds);
  let outside = 0;
  for (let g = 0; g < m; g++) {
    odds[g] = g === h ? 0 : Math.exp(odds[g]! - top);
    outside += sizes[g]! * odds[g]!;
  }
  const fellows = Math.exp(fellow - top);
  const others = outside + (size - 1) * fellows;
  const self = Math.exp(own - top);
  const total = others + self;
  const share = shares[h]!;
  for (let g = 0; g < m; g++) gradient[column + g] = (share * Math.sqrt(sizes[g]! * size) * odds[g]!) / total;
  gradient[column + h] = (-share * outside) / total;
  gradient[h] = size > 1 ? (-share * (others + fellows)) / total : 0;
  return own === top ? Math.log1p(others) : top - own + Math.log(total);
}

/** The largest logit of the column; `logits` takes those of the other groups. */
function highest(
  sizes: readonly number[],
  point: Point,
  h: number,
  own: number,
  fellow: number,
  logits: Float64Array,
): number {
  const m = sizes.length;
  let top = sizes[h]! > 1 ? Math.max(own, fellow) : own;
  for (let g = 0; g < m; g++) {
    if (g === h) continue;
    logits[g] = point[m + h * m + g]! / Math.sqrt(sizes[g]! * sizes[h]!);
    if (logits[g]! > top) top = logits[g]!;
  }
  return top;
}
