import { guessingBias } from '../../theory/guessing-bias.ts';
import { type PooledGamma, pooledGamma } from '../../theory/pooled-gamma.ts';
import type { ShareLaw } from '../../theory/share-law.ts';
import { widthGamma } from '../../theory/width-gamma.ts';
import { UsageError } from '../../usage-error.ts';
import type { Guesses } from './initialisation.ts';

/** Where a top share lies among the initialisations of an architecture: probabilities. */
export interface Place {
  /** That the top share of an initialisation is smaller, at the pooled gamma. */
  readonly place: number;
  /** The same at the ends of gamma's 95 % interval: what the number of initialisations allows to say. */
  readonly low: number;
  readonly high: number;
}

/** The guesses of all initialisations in one mode. */
export interface SurveyMode {
  /** Share of the inputs for each class, of each initialisation. */
  readonly fractions: readonly (readonly number[])[];
  /** The largest of the shares of each initialisation. */
  readonly topShares: readonly number[];
  /** Mean over the inputs of each output node (logits), of each initialisation. */
  readonly nodeMeans: readonly (readonly number[])[];
  /** Variance over the inputs of each output node, of each initialisation. */
  readonly nodeVariances: readonly (readonly number[])[];
  /** Pooled over the initialisations, less 1 / D; null where there is none, or no output varies. */
  readonly gamma: number | null;
  /** 95 % interval of gamma. */
  readonly gammaInterval: readonly [low: number, high: number] | null;
  /** What finite width adds to gamma where guesses are concerned: nodes differ in how much they vary, too. */
  readonly widthGamma: number;
  /**
   * Where a run's top share (0 to 1, counted over `examples` inputs, default those of the survey) lies in the law of this architecture: in
   * `guessingBias` at the pooled gamma and what width adds to it, because the largest of k initialisations is no bound. Null without gamma.
   */
  place(topShare: number, examples?: number): Place | null;
}

/** Most classes and inputs that `guessingBias` takes. */
const [MAX_CLASSES, MAX_EXAMPLES] = [10_000, 100_000];

/** `examples`: the number of inputs. */
export function surveyMode(inits: readonly Guesses[], examples: number): SurveyMode {
  const pooled = pooledGamma(inits, examples);
  const classes = inits[0]?.fractions.length ?? 2;
  const width = widthGamma(
    inits.map(({ variances }) => variances),
    examples,
  );
  return {
    fractions: inits.map(({ fractions }) => fractions),
    topShares: inits.map(({ fractions }) => Math.max(...fractions)),
    nodeMeans: inits.map(({ means }) => means),
    nodeVariances: inits.map(({ variances }) => variances),
    gamma: pooled?.gamma ?? null,
    gammaInterval: pooled && [pooled.low, pooled.high],
    widthGamma: width,
    place: pooled === null || classes > MAX_CLASSES ? () => null : placeIn(widened(pooled, width), classes, examples),
  };
}

function widened({ gamma, low, high }: PooledGamma, by: number): PooledGamma {
  return { gamma: gamma + by, low: low + by, high: high + by };
}

function placeIn(pooled: PooledGamma, classes: number, inputs: number): SurveyMode['place'] {
  const laws = new Map<string, ShareLaw>();
  const lawOf = (gamma: number, examples: number) => {
    const key = `${gamma}/${examples}`;
    const law = laws.get(key) ?? guessingBias({ gamma, classes, examples });
    laws.set(key, law);
    return law;
  };
  return (topShare, examples = inputs) => {
    if (!(topShare >= 0 && topShare <= 1)) {
      throw new UsageError(`Expected topShare to be a share from 0 to 1, got ${topShare}.`);
    }
    if (!Number.isSafeInteger(examples) || examples < 1) {
      throw new UsageError(`Expected examples to be a whole number of at least 1, got ${examples}.`);
    }
    const count = Math.min(examples, MAX_EXAMPLES);
    // Of shares in steps of 1 / D the smaller ones: a top share that all have is no high place.
    const below = (gamma: number) => lawOf(gamma, count).top.cdf((Math.round(topShare * count) - 1) / count);
    return { place: below(pooled.gamma), low: below(pooled.high), high: below(pooled.low) };
  };
}
