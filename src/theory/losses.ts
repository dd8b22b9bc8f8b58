import { requireLength, requireList, requireNonNegative, requireObject, requireRows } from './requirement.ts';

/**
 * A loss that depends on the probability p of the true class only, written in log p: then neither a p that underflows nor one
 * that rounds to 1 loses anything.
 */
export interface ProbabilityLoss {
  /** The loss at log p <= 0. */
  readonly value: (logP: number) => number;
  /** d loss / d log p = p d loss / d p, as the loss' gradient takes it. */
  readonly slope: (logP: number) => number;
}

/** -log p. */
export const crossEntropy: ProbabilityLoss = { value: (logP) => -logP, slope: () => -1 };

/**
 * -p^gamma log p, where p^gamma is a constant for the gradient: d/dz = p^gamma (softmax - onehot), so that all examples pull towards their
 * class. Pellegrino, Szczecina, Fieguth, "Effects of initialization biases on DNN training dynamics".
 *
 * @throws RangeError unless gamma is a finite number of at least 0 (0 is cross-entropy).
 */
export function blurry(gamma: number): ProbabilityLoss {
  requireNonNegative('gamma', gamma);
  return { value: (logP) => -Math.exp(gamma * logP) * logP, slope: (logP) => -Math.exp(gamma * logP) };
}

/**
 * The same values as `blurry`, differentiated in full: another loss, which pushes examples away from their class while p is below
 * exp(-1/gamma).
 *
 * @throws RangeError unless gamma is a finite number of at least 0.
 */
export function fullBlurry(gamma: number): ProbabilityLoss {
  return { value: blurry(gamma).value, slope: (logP) => -Math.exp(gamma * logP) * (1 + gamma * logP) };
}

/**
 * -log p where p >= cutoff, else 0: what the network gets badly wrong is left out, but counts in the mean. Pellegrino, Szczecina, Fieguth.
 *
 * @throws RangeError unless the cutoff lies between 0 and 1.
 */
export function piecewiseZero(cutoff: number): ProbabilityLoss {
  if (!(cutoff >= 0 && cutoff <= 1)) {
    throw new RangeError(`cutoff is ${cutoff}: expected a probability, 0 to 1.`);
  }
  const least = Math.log(cutoff);
  return { value: (logP) => (logP >= least ? -logP : 0), slope: (logP) => (logP >= least ? -1 : 0) };
}

/**
 * -(1-p)^gamma log p, differentiated in full. Lin, Goyal, Girshick, He, Dollár, "Focal loss for dense object detection" (ICCV 2017).
 *
 * @throws RangeError unless gamma is a finite number of at least 0 (0 is cross-entropy).
 */
export function focal(gamma: number): ProbabilityLoss {
  requireNonNegative('gamma', gamma);
  const missing = (logP: number) => -Math.expm1(logP);
  return {
    value: (logP) => (logP === 0 ? 0 : -(missing(logP) ** gamma) * logP),
    slope: (logP) => focalSlope(missing(logP), gamma, logP),
  };
}

/** As p -> 1 the second part goes to gamma (1-p)^gamma: no 0 times infinity for gamma below 1. */
function focalSlope(missing: number, gamma: number, logP: number): number {
  if (gamma === 0) return -1;
  return missing === 0 ? 0 : -(missing ** gamma) * (1 - (gamma * Math.exp(logP) * logP) / missing);
}

export interface BatchLoss {
  /** Of each example, B. */
  readonly perExample: number[];
  readonly mean: number;
  /** d mean / d logits, B x C. */
  readonly gradient: number[][];
}

/**
 * A loss on a batch of logits (B x C) with integer labels (B): values, their mean over all examples, and its gradient by the logits.
 *
 * @throws RangeError for logits that are not finite or of unequal length, and for labels that are no classes.
 */
export function batchLoss(
  loss: ProbabilityLoss,
  logits: ArrayLike<ArrayLike<number>>,
  labels: ArrayLike<number>,
): BatchLoss {
  requireObject('loss', loss, 'crossEntropy');
  const { value, slope } = loss;
  requireRows('logits', logits);
  requireList('labels', labels, 'indices of classes');
  requireLength('labels', labels, logits.length, 'row of logits');
  const perExample: number[] = [];
  const gradient: number[][] = [];
  for (let i = 0; i < logits.length; i++) {
    const logP = logSoftmax(logits[i]!);
    const own = logP[labels[i]!];
    if (own === undefined) {
      throw new RangeError(`labels[${i}] is ${labels[i]}: expected the index of a class, 0 to ${logP.length - 1}.`);
    }
    const pull = slope(own) / logits.length;
    perExample.push(value(own));
    gradient.push(logP.map((other, c) => (c === labels[i] ? -Math.expm1(own) : -Math.exp(other)) * pull));
  }
  return { perExample, mean: perExample.reduce((sum, loss) => sum + loss, 0) / perExample.length, gradient };
}

function logSoftmax(logits: ArrayLike<number>): number[] {
  const all = Array.from(logits);
  const at = all.reduce((best, logit, c) => (logit > all[best]! ? c : best), 0);
  const top = all[at]!;
  const others = all.reduce((sum, logit, c) => (c === at ? sum : sum + Math.exp(logit - top)), 0);
  return all.map((logit) => logit - top - Math.log1p(others));
}
