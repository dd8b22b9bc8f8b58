import { type Groups, groupsOf } from './class-groups.ts';
import { type GroupSide, groupSides, peeledSides, type Side } from './peeled-sides.ts';
import { solvePeeled } from './peeled-solver.ts';
import { requireCounts, requireObject, requirePositive } from './requirement.ts';

export interface LayerPeeledInput {
  /** Examples of each class, C; times their oversampling or class weight, so fractions are fine. */
  readonly counts: ArrayLike<number>;
  /** Bound on (1/C) sum |w_k|^2. */
  readonly weightEnergy: number;
  /** Bound on (1/C) sum |h_k|^2. */
  readonly featureEnergy: number;
  /**
   * Duality gap at which to stop, as a share of the loss where that is below 1. Default 1e-6, and 1e-10 where there are at most 16
   * different counts, which then takes milliseconds.
   */
  readonly gap?: number;
}

/**
 * `separated`: no two classes share their classifier. `collapsed`: some classes of equal count have exactly the same one, cosine 1.
 * `zero`: the classifiers of some classes are exactly 0, and their cosines undefined.
 *
 * Exact, so that classes of 50 and 51 examples are `separated` even at cosine 0.99999998: whether classes of real counts have collapsed is
 * seen in `classifierCosine` and `classifierNorm`.
 */
export type PeeledPhase = 'separated' | 'collapsed' | 'zero';

/** Matrices are C x C, flat and row-major; null where a row is exactly 0. */
export interface LayerPeeledModel {
  /** Mean cross-entropy, natural logarithm. */
  readonly loss: number;
  /** The loss is at most this much above the minimum (absolute). */
  readonly gap: number;
  readonly phase: PeeledPhase;
  /** Cosines between the rows of W, C x C. */
  readonly classifierCosine: (number | null)[];
  /** |w_k|, C. */
  readonly classifierNorm: number[];
  /** Cosines between the class features, C x C. */
  readonly featureCosine: (number | null)[];
  /** |h_k|, C. */
  readonly featureNorm: number[];
  /** Rank of the logits M = W H. */
  readonly rank: number;
}

const DEFAULT_GAP = 1e-6;
const FINE_GAP = 1e-10;
const FEW_GROUPS = 16;

/**
 * The global optimum of the layer-peeled model: which classifiers and class features minimise the cross-entropy
 *
 *   (1/N) sum_k n_k CE(W h_k, k)   subject to   (1/C) sum |w_k|^2 <= weightEnergy,   (1/C) sum |h_k|^2 <= featureEnergy,
 *
 * when the features may be chosen freely (at least C dimensions, no bias). Written in M = W H it is convex: nuclear norm at most
 * C sqrt(weightEnergy featureEnergy). Cosines depend on the product of the two energies only. Fang, He, Long, Su, "Exploring deep
 * neural networks via layer-peeled model: Minority collapse in imbalanced training", PNAS 2021.
 *
 * Two different counts take about a millisecond whatever the number of classes, 100 different ones seconds, 1,000 many minutes: merge
 * counts that are near each other.
 *
 * @throws RangeError if there are fewer than two classes, if counts are negative or all 0, if an energy or the gap is not above 0, or if any is not finite.
 */
export function layerPeeledModel(input: LayerPeeledInput): LayerPeeledModel {
  requireObject(
    'The argument of layerPeeledModel',
    input,
    '{ counts: [5000, 50, 50], weightEnergy: 1, featureEnergy: 5 }',
  );
  const { counts, weightEnergy, featureEnergy, gap } = input;
  requireCounts('counts', counts);
  requirePositive('weightEnergy', weightEnergy);
  requirePositive('featureEnergy', featureEnergy);
  if (gap !== undefined) requirePositive('gap', gap);
  const groups = groupsOf(counts);
  return modelOf(groups, { counts, weightEnergy, featureEnergy, gap: gap ?? defaultGap(groups) });
}

function defaultGap(groups: Groups): number {
  return groups.sizes.length <= FEW_GROUPS ? FINE_GAP : DEFAULT_GAP;
}

/** The same for classes in groups of one's own choice, which have to be as symmetric as their counts. */
export function modelOf(
  groups: Groups,
  { counts, weightEnergy, featureEnergy, gap }: Required<LayerPeeledInput>,
): LayerPeeledModel {
  const radius = counts.length * Math.sqrt(weightEnergy) * Math.sqrt(featureEnergy);
  const optimum = solvePeeled(groups, radius, gap);
  const ratio = Math.sqrt(weightEnergy) / Math.sqrt(featureEnergy);
  const { classifier, feature, rank } = peeledSides(groups, optimum, ratio);
  return {
    loss: optimum.loss,
    gap: optimum.gap,
    phase: phaseOf(groups, optimum.point, classifier),
    classifierCosine: classifier.cosine,
    classifierNorm: classifier.norm,
    featureCosine: feature.cosine,
    featureNorm: feature.norm,
    rank,
  };
}

/** Classifiers of the optimum by groups of equal counts, without the C x C cosines, which many classes make large. */
export function groupClassifiers(input: LayerPeeledInput): { readonly groups: Groups; readonly classifier: GroupSide } {
  const { counts, weightEnergy, featureEnergy, gap } = input;
  const groups = groupsOf(counts);
  const radius = counts.length * Math.sqrt(weightEnergy) * Math.sqrt(featureEnergy);
  const optimum = solvePeeled(groups, radius, gap ?? defaultGap(groups));
  return {
    groups,
    classifier: groupSides(groups, optimum, Math.sqrt(weightEnergy) / Math.sqrt(featureEnergy)).classifier,
  };
}

function phaseOf({ sizes }: Groups, point: Float64Array, { norm }: Side): PeeledPhase {
  if (norm.includes(0)) return 'zero';
  return sizes.some((size, g) => size > 1 && point[g] === 0) ? 'collapsed' : 'separated';
}
