import {
  layerPeeledModel,
  minorityClasses,
  minorityCollapseThresholds,
  oversampling,
  type PeeledPhase,
} from '../theory/index.ts';
import { levelled } from '../theory/levels.ts';
import { examplesThatKeepApart, meanCosine, practicalCollapse } from '../theory/practical-collapse.ts';

export interface PeeledQuestion {
  readonly counts: readonly number[];
  readonly weightEnergy: number;
  readonly featureEnergy: number;
}

/** All classes with the same number of examples. */
export interface PeeledGroup {
  /** Mean count where counts were merged. */
  readonly count: number;
  readonly classes: number;
  readonly classifierNorm: number;
  /** Cosine between two of them; null where there is one class, or its classifier is 0. */
  readonly classifierCosine: number | null;
  /** Largest cosine with any other class; null where this classifier or all others are 0. */
  readonly nearestCosine: number | null;
  readonly featureNorm: number;
  readonly featureCosine: number | null;
}

/** Classes are indices into `counts`, from 0. */
export interface ClassifierPrediction extends PeeledQuestion {
  /** Exact: separated where counts differ ever so little. `shared` and `vanished` say what it is in practice. */
  readonly phase: PeeledPhase;
  /** Of the largest to the smallest count; null where one is 0. */
  readonly imbalance: number | null;
  readonly loss: number;
  readonly gap: number;
  readonly groups: readonly PeeledGroup[];
  /** Sets of classes with one classifier in practice: cosine of at least 0.999. */
  readonly shared: readonly (readonly number[])[];
  /** Classes whose classifier is below 1 % of the mean norm. */
  readonly vanished: readonly number[];
  /** The rare classes, if there is a gap of a factor of at least 2 in the counts. */
  readonly minority: readonly number[];
  /** Mean cosine among them; null where there is no pair of them. */
  readonly minorityCosine: number | null;
  /** How many different counts were merged into how many. Absent if none was. */
  readonly merged?: { readonly from: number; readonly to: number };
  /** What keeps all classes apart: each shown at least so often, which is `times` as often as it is for the rarest. Null where they are apart. */
  readonly remedy: { readonly examples: number; readonly times: number } | null;
  /** Imbalance from which on the rarer of two groups collapses, and vanishes; null where it never does. Absent unless there are two. */
  readonly thresholds?: { readonly collapse: number | null; readonly zero: number | null };
  /** Above it, showing the rarer group so many times as often keeps its classes apart. Absent unless there are two groups. */
  readonly oversampling?: number;
}

/** The optimum of the layer-peeled model. Throws a RangeError for counts and energies that are none. */
export function predictClassifiers(question: PeeledQuestion): ClassifierPrediction {
  const { counts } = question;
  const few = levelled(counts);
  const model = layerPeeledModel({ ...question, counts: few });
  const { phase, loss, gap } = model;
  const [most, least] = [Math.max(...counts), Math.min(...counts)];
  const minority = minorityClasses(counts);
  const [from, to] = [new Set(counts).size, new Set(few).size];
  const groups = groupsOf(few, model);
  return {
    ...question,
    phase,
    imbalance: least === 0 ? null : most / least,
    ...{ loss, gap, groups },
    ...practicalCollapse(model),
    minority,
    minorityCosine: meanCosine(model, minority),
    ...(to < from && { merged: { from, to } }),
    remedy: remedyOf(question),
    ...ofTwo(question, groups),
  };
}

type Optimum = ReturnType<typeof layerPeeledModel>;

function groupsOf(counts: readonly number[], model: Optimum): PeeledGroup[] {
  const different = [...new Set(counts)].sort((a, b) => b - a);
  return different.map((count): PeeledGroup => {
    const members = counts.flatMap((n, c) => (n === count ? [c] : []));
    const [first, second] = members as [number, number?];
    const row = (cosines: readonly (number | null)[]) =>
      cosines.slice(first * counts.length, (first + 1) * counts.length);
    const between = (cosines: readonly (number | null)[]) => (second === undefined ? null : row(cosines)[second]!);
    const others = row(model.classifierCosine).filter((cosine, c) => c !== first && cosine !== null) as number[];
    return {
      ...{ count, classes: members.length },
      classifierNorm: model.classifierNorm[first]!,
      classifierCosine: between(model.classifierCosine),
      nearestCosine: others.length === 0 ? null : Math.max(...others),
      featureNorm: model.featureNorm[first]!,
      featureCosine: between(model.featureCosine),
    };
  });
}

function ofTwo({ counts, weightEnergy, featureEnergy }: PeeledQuestion, groups: readonly PeeledGroup[]) {
  const [many, few, third] = groups;
  if (few === undefined || third !== undefined || few.count === 0) return {};
  const energies = { weightEnergy, featureEnergy };
  return {
    thresholds: minorityCollapseThresholds({ majority: many!.classes, minority: few.classes, ...energies }),
    oversampling: oversampling({ counts, ...energies }),
  };
}

function remedyOf(question: PeeledQuestion): ClassifierPrediction['remedy'] {
  const { counts } = question;
  const examples = examplesThatKeepApart(question);
  const least = Math.min(...counts.filter((count) => count > 0));
  return examples > Math.min(...levelled(counts).filter((count) => count > 0))
    ? { examples, times: examples / least }
    : null;
}
