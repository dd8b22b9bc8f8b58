import { type Groups, inner, type Point, simplex, simplexRank } from './class-groups.ts';
import { NuclearBall } from './nuclear-ball.ts';
import { type PeeledLoss, peeledLoss } from './peeled-loss.ts';

/** min of `peeledLoss` over the matrices of nuclear norm at most `radius`, and how far from it this may be. */
export interface PeeledOptimum {
  readonly point: Point;
  readonly loss: number;
  /** loss - minimum is at most this: max over the ball of <gradient, M - S>. */
  readonly gap: number;
  /** Rank of S. */
  readonly rank: number;
}

/** The gap costs as much as a step: it is looked at now and then. */
const CHECK_EVERY = 2;
/** Looks without a better gap after which rounding is all that is left. */
const PATIENCE = 150;
const STEPS = 100_000;
/** A step is tried this much longer than the last one went. */
const BOLDER = 0.9;
/**
 * Sweeps per projection. Each starts from the singular vectors of the last one, so that they sharpen as the steps get shorter: one is
 * as good as all, measured by the number of steps, and takes half the time.
 */
const SWEEPS = 1;

/**
 * Projected gradient with momentum, restarted where the momentum points uphill. The loss is strongly convex near its optimum, so that this
 * converges linearly whatever the singular values do, and each point is a projection: what vanishes is 0 exactly.
 *
 * `wanted`: the gap at which to stop, as a share of the loss where that is below 1 (with large energies the loss is tiny, and a gap that
 * is small beside 1 says nothing). Where rounding does not allow it, the best point comes back with the gap that it has.
 */
export function solvePeeled(groups: Groups, radius: number, wanted: number): PeeledOptimum {
  const ball = new NuclearBall(groups, radius);
  let here = simplex(groups, radius);
  let ahead = at(groups, here);
  let momentum = 1;
  // A guess from below: the first steps double it as often as they need.
  let curvature = ball.support(ahead.gradient) / radius / 30;
  let best = certified(groups, ball, { ...ahead, rank: simplexRank(groups) });
  for (let step = 0, looks = 0; step < STEPS && looks < PATIENCE && !reached(best, wanted); step++) {
    const next = descend(groups, ball, ahead, curvature * BOLDER);
    curvature = next.curvature;
    if (step % CHECK_EVERY === 0) {
      const seen = certified(groups, ball, next);
      looks = seen.gap < best.gap ? 0 : looks + 1;
      best = seen.gap < best.gap ? seen : best;
    }
    const uphill = inner(groups, minus(ahead.point, next.point), minus(next.point, here)) > 0;
    const grown = uphill ? 1 : (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
    ahead = uphill ? next : at(groups, moved(next.point, minus(next.point, here), (momentum - 1) / grown));
    momentum = grown;
    here = next.point;
  }
  return best;
}

function reached({ gap, loss }: PeeledOptimum, wanted: number): boolean {
  return gap <= wanted * Math.min(1, loss);
}

function certified(groups: Groups, ball: NuclearBall, { point, loss, gradient, rank }: Ranked): PeeledOptimum {
  return { point, loss, gap: Math.max(0, inner(groups, gradient, point) + ball.support(gradient)), rank };
}

interface Place extends PeeledLoss {
  readonly point: Point;
}

interface Ranked extends Place {
  readonly rank: number;
}

interface Descent extends Ranked {
  readonly curvature: number;
}

function at(groups: Groups, point: Point): Place {
  return { point, ...peeledLoss(groups, point) };
}

/** One projected gradient step, halved until the gradient changes along it no faster than the step assumed. */
function descend(groups: Groups, ball: NuclearBall, from: Place, curvature: number): Descent {
  for (;;) {
    const { point, rank } = ball.project(moved(from.point, from.gradient, -1 / curvature), SWEEPS);
    const place = at(groups, point);
    const way = minus(point, from.point);
    const bend = inner(groups, minus(place.gradient, from.gradient), way);
    if (!(bend > curvature * inner(groups, way, way))) return { ...place, rank, curvature };
    curvature *= 2;
  }
}

function moved(from: Point, along: Point, by: number): Point {
  const to = new Float64Array(from.length);
  for (let i = 0; i < to.length; i++) to[i] = from[i]! + by * along[i]!;
  return to;
}

function minus(x: Point, y: Point): Point {
  return moved(x, y, -1);
}
