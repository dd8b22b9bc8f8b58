import { binaryLaw } from './binary-law.ts';
import { finiteLaw } from './finite-law.ts';
import { manyClassLaw } from './many-class-law.ts';
import { requireObject, requireWhole, requireWithin } from './requirement.ts';
import { equalShares, guarded, oneHasAll, type ShareLaw } from './share-law.ts';

export interface GuessingBiasOptions {
  /** Variance of the nodes' mean outputs over their variance across the data, from 0 to Infinity. */
  readonly gamma: number;
  /** Number of classes C, from 2 to 10,000. */
  readonly classes: number;
  /**
   * Inputs whose guesses were counted, from 1 to 100,000: then the law is that of the counted shares, which spread more. Without it, of an
   * endless data set.
   */
  readonly examples?: number;
}

/** Beyond it what is not one class having all is smaller than what a double resolves. */
const ALL_BIAS = 1e15;

/**
 * What share of its guesses an untrained network gives to a class, on random data and in the limit of wide layers. The score of class c is
 * sqrt(gamma) xi_c + eps_c with standard normal xi (one draw per network) and eps (one per input); a network's share of class c is the
 * probability, over eps, that its score is the largest. Source: IGB (Francazi, Lucchi, Baity-Jesi, "Initial Guessing Bias", ICML 2024).
 *
 * Two classes: closed forms. More: `topShare` by quadrature to about eight digits, the rest by draws of xi, the same at every call and
 * never from Math.random. Against forty times as many draws (eleven settings, C from 3 to 10,000), entropy was within 2e-4, cdf within 7e-4,
 * top.cdf within 1.5e-3. gamma = 0: every class has 1/C; Infinity: one has all.
 *
 * With `examples`, the counts of one class are Binomial(D, G), exactly given the law of G; so is the largest share from 1/2 on. Below, its
 * probabilities are approximate: against counted guesses they are within 0.02 and the noise of the count. `pdf` is then the probability of
 * the nearest count times D, `quantile` the least share that is reached.
 *
 * Returns { topShare, entropy, cdf(g), pdf(g), quantile(p), top: { cdf(t), quantile(p) } }; see `ShareLaw`. Numbers out of range are
 * RangeErrors.
 */
export function guessingBias(options: GuessingBiasOptions): ShareLaw {
  requireObject('The argument of guessingBias', options, '{ gamma: 0.5, classes: 10 }');
  const { gamma, classes, examples } = options;
  requireWithin('gamma', gamma, 0, Infinity);
  requireWhole('classes', classes, 2, 10_000);
  const endless = lawOf(gamma, classes);
  if (examples === undefined) return guarded(endless);
  requireWhole('examples, the number of inputs,', examples, 1, 100_000);
  // One class that has all has all of any number.
  return guarded(gamma >= ALL_BIAS ? endless : finiteLaw(endless, Math.sqrt(gamma), classes, examples));
}

function lawOf(gamma: number, classes: number): ShareLaw {
  if (gamma === 0) return equalShares(classes);
  if (gamma >= ALL_BIAS) return oneHasAll(classes);
  return classes === 2 ? binaryLaw(Math.sqrt(gamma)) : manyClassLaw(Math.sqrt(gamma), classes);
}
