import { groupClassifiers, type LayerPeeledModel } from './layer-peeled-model.ts';
import { levelled } from './levels.ts';
import type { OversamplingInput } from './oversampling.ts';
import { requireCounts, requirePositive } from './requirement.ts';

/**
 * Cosine from which on two classifiers are one in practice: as long as each other they differ by less than 5 % of their length, and cosines
 * of merged counts are no surer than 0.001. Real counts are never equal, so that the cosine is hardly ever exactly 1.
 */
export const SHARED_FROM = 0.999;
/** Share of the mean norm below which a classifier is nothing in practice: its logits hardly move whatever the features are. */
export const VANISHED_BELOW = 0.01;

/** Classes as indices. */
export interface PracticalCollapse {
  /** Sets of classes that share one classifier: cosine of at least 0.999 from one to the next. Classes that vanished are in none. */
  readonly shared: readonly (readonly number[])[];
  /** Classes whose classifier is shorter than 1 % of the mean. */
  readonly vanished: readonly number[];
}

/** Which classes of the optimum have collapsed for all practical purposes, where `phase` asks for exactly equal counts and cosines. */
export function practicalCollapse({ classifierNorm, classifierCosine }: Classifiers): PracticalCollapse {
  const classes = classifierNorm.length;
  const floor = (VANISHED_BELOW * classifierNorm.reduce((sum, norm) => sum + norm, 0)) / classes;
  const isGone = classifierNorm.map((norm) => norm < floor);
  const taken = [...isGone];
  const shared: number[][] = [];
  for (let first = 0; first < classes; first++) {
    if (taken[first]) continue;
    taken[first] = true;
    const set = [first];
    // The set grows while it is walked through: whoever is near a member belongs to it.
    for (const member of set) {
      for (let c = first + 1; c < classes; c++) {
        if (taken[c] || !(classifierCosine[member * classes + c]! >= SHARED_FROM)) continue;
        taken[c] = true;
        set.push(c);
      }
    }
    if (set.length > 1) shared.push(set.sort((a, b) => a - b));
  }
  return { shared, vanished: isGone.flatMap((gone, c) => (gone ? [c] : [])) };
}

type Classifiers = Pick<LayerPeeledModel, 'classifierNorm' | 'classifierCosine'>;

/** Mean cosine over the pairs of these classes whose classifiers are not 0, as it is measured; null where there is none. */
export function meanCosine({ classifierCosine, classifierNorm }: Classifiers, classes: readonly number[]) {
  let sum = 0;
  let pairs = 0;
  classes.forEach((a, i) => {
    for (const b of classes.slice(i + 1)) {
      const cosine = classifierCosine[a * classifierNorm.length + b]!;
      if (cosine === null) continue;
      sum += cosine;
      pairs++;
    }
  });
  return pairs === 0 ? null : sum / pairs;
}

/** Bisections: they leave the answer sure to 1 % or better at any imbalance up to 10^17. */
const HALVINGS = 12;

/**
 * As many examples as each class has to be shown at least, so that none vanishes and no two share their classifier in practice: a class
 * with fewer has to be shown (or weighted) that many times as often. About 1 % above the bound; the least count that there is where nothing
 * collapses. For two different counts it is what `oversampling` says, times the smaller one. Classes without examples cannot be shown and
 * are left alone.
 *
 * @throws RangeError for counts that are no counts and energies that are not above 0.
 */
export function examplesThatKeepApart({ counts, weightEnergy, featureEnergy }: OversamplingInput): number {
  requireCounts('counts', counts);
  requirePositive('weightEnergy', weightEnergy);
  requirePositive('featureEnergy', featureEnergy);
  const few = levelled(Array.from(counts));
  const collapses = (least: number) => {
    const raised = few.map((count) => (count > 0 ? Math.max(count, least) : 0));
    return groupsCollapse(groupClassifiers({ counts: raised, weightEnergy, featureEnergy }));
  };
  const values = few.filter((count) => count > 0);
  let [low, high] = [Math.min(...values), Math.max(...values)];
  if (!collapses(low)) return low;
  for (let i = 0; i < HALVINGS && high > 1.01 * low; i++) {
    const middle = Math.sqrt(low * high);
    if (collapses(middle)) low = middle;
    else high = middle;
  }
  return high;
}

/** Whether two classes with examples share a classifier, or one of them vanished. */
function groupsCollapse({ groups: { sizes, shares }, classifier }: ReturnType<typeof groupClassifiers>): boolean {
  const { norm, cosine } = classifier;
  const classes = sizes.reduce((sum, size) => sum + size, 0);
  const floor = (VANISHED_BELOW * norm.reduce((sum, length, g) => sum + length * sizes[g]!, 0)) / classes;
  const present = [...sizes.keys()].filter((g) => shares[g]! > 0);
  const isShared = (g: number, h: number) => (g !== h || sizes[g]! > 1) && cosine[g * sizes.length + h]! >= SHARED_FROM;
  return present.some((g) => norm[g]! < floor || present.some((h) => isShared(g, h)));
}
