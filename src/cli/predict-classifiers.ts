import { layerPeeledModel, minorityCollapseThresholds, oversampling, type PeeledPhase } from '../theory/index.ts';
import { rounded } from './rounded.ts';
import { table } from './table.ts';

interface Question {
  readonly counts: readonly number[];
  readonly weightEnergy: number;
  readonly featureEnergy: number;
}

/** All classes with the same number of examples. */
interface Group {
  readonly count: number;
  readonly classes: number;
  readonly classifierNorm: number;
  /** Cosine between two of them; null where there is one class, or its classifier is 0. */
  readonly classifierCosine: number | null;
  readonly featureNorm: number;
  readonly featureCosine: number | null;
}

export interface ClassifierPrediction extends Question {
  readonly phase: PeeledPhase;
  /** Of the largest to the smallest count; null where one is 0. */
  readonly imbalance: number | null;
  readonly loss: number;
  readonly gap: number;
  readonly groups: readonly Group[];
  /** Imbalance from which on the rarer of two groups collapses, and vanishes; null where it never does. Absent unless there are two. */
  readonly thresholds?: { readonly collapse: number | null; readonly zero: number | null };
  /** Above it, showing the rarer group so many times as often keeps its classes apart. Absent unless there are two groups. */
  readonly oversampling?: number;
}

/** The optimum of the layer-peeled model. Throws a RangeError for counts and energies that are none. */
export function predictClassifiers(question: Question): ClassifierPrediction {
  const { counts } = question;
  const { phase, loss, gap, ...model } = layerPeeledModel(question);
  const different = [...new Set(counts)].sort((a, b) => b - a);
  const groups = different.map((count): Group => {
    const members = counts.flatMap((n, c) => (n === count ? [c] : []));
    const [first, second] = members as [number, number?];
    const between = (cosines: readonly (number | null)[]) =>
      second === undefined ? null : cosines[first * counts.length + second]!;
    return {
      ...{ count, classes: members.length },
      classifierNorm: model.classifierNorm[first]!,
      classifierCosine: between(model.classifierCosine),
      featureNorm: model.featureNorm[first]!,
      featureCosine: between(model.featureCosine),
    };
  });
  const [most, least] = [different[0]!, different.at(-1)!];
  const imbalance = least === 0 ? null : most / least;
  return { ...question, phase, imbalance, loss, gap, groups, ...ofTwo(question, groups) };
}

function ofTwo({ counts, weightEnergy, featureEnergy }: Question, groups: readonly Group[]) {
  const [many, few, third] = groups;
  if (few === undefined || third !== undefined || few.count === 0) return {};
  const energies = { weightEnergy, featureEnergy };
  return {
    thresholds: minorityCollapseThresholds({ majority: many!.classes, minority: few.classes, ...energies }),
    oversampling: oversampling({ counts, ...energies }),
  };
}

export function describeClassifiers(prediction: ClassifierPrediction): string {
  const { counts, imbalance, weightEnergy, featureEnergy, groups } = prediction;
  const head =
    `${counts.length} classes, imbalance ${imbalance === null ? 'without bound' : rounded(imbalance)}; ` +
    `weight energy ${weightEnergy}, feature energy ${featureEnergy}. Balanced classes would have cosine ${rounded(-1 / (counts.length - 1))}.`;
  const rows = groups.map((group) => [
    String(group.count),
    String(group.classes),
    rounded(group.classifierNorm),
    cosine(group.classifierCosine, group),
    rounded(group.featureNorm),
    cosine(group.featureCosine, group),
  ]);
  const columns = ['EXAMPLES', 'CLASSES', 'CLASSIFIER NORM', 'COSINE', 'FEATURE NORM', 'COSINE'];
  return `${head}\n\n${table([columns, ...rows])}\n${verdict(prediction)}\n`;
}

const PHASES: { readonly [P in PeeledPhase]: string } = {
  separated: 'No two classes share their classifier.',
  collapsed:
    'The classifiers of the rarest classes are the same vector: these classes cannot be told apart (Minority Collapse).',
  zero: 'The classifiers of the rarest classes are exactly 0: these classes have vanished, and have no cosine.',
};

function verdict({ phase, thresholds, oversampling }: ClassifierPrediction): string {
  if (thresholds === undefined) return PHASES[phase];
  const from = (ratio: number | null) => (ratio === null ? 'at no imbalance' : `from imbalance ${rounded(ratio)} on`);
  const bounds = `They collapse ${from(thresholds.collapse)} and vanish ${from(thresholds.zero)}.`;
  const remedy =
    phase === 'separated' ? '' : ` Shown more than ${rounded(oversampling!)} times as often, they would stay apart.`;
  return `${PHASES[phase]} ${bounds}${remedy}`;
}

function cosine(value: number | null, { classes }: Group): string {
  if (classes === 1) return '-';
  return value === null ? 'none' : rounded(value);
}
