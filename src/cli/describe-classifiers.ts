import { SHARED_FROM, VANISHED_BELOW } from '../theory/practical-collapse.ts';
import type { ClassifierPrediction, PeeledGroup } from './predict-classifiers.ts';
import { rounded } from './rounded.ts';
import { table } from './table.ts';

const COLUMNS = ['EXAMPLES', 'CLASSES', 'CLASSIFIER NORM', 'COSINE', 'NEAREST OTHER', 'FEATURE NORM', 'COSINE'];

/** A prediction as a table, and what it comes to in sentences. */
export function describeClassifiers(prediction: ClassifierPrediction): string {
  const { counts, imbalance, weightEnergy, featureEnergy, groups, merged } = prediction;
  const head =
    `${counts.length} classes, imbalance ${imbalance === null ? 'without bound' : rounded(imbalance)}; ` +
    `weight energy ${weightEnergy}, feature energy ${featureEnergy}. Balanced classes would have cosine ${rounded(-1 / (counts.length - 1))}.`;
  const rows = groups.map((group) => [
    merged === undefined ? String(group.count) : rounded(group.count),
    String(group.classes),
    rounded(group.classifierNorm),
    cosine(group.classifierCosine, group),
    group.nearestCosine === null ? 'none' : rounded(group.nearestCosine),
    rounded(group.featureNorm),
    cosine(group.featureCosine, group),
  ]);
  const sentences = [
    ...mergedText(prediction),
    ...collapseText(prediction),
    ...minorityText(prediction),
    ...thresholdText(prediction),
    ...remedyText(prediction),
  ];
  return `${head}\n\n${table([COLUMNS, ...rows])}\n${sentences.join(' ')}\n`;
}

function cosine(value: number | null, { classes }: PeeledGroup): string {
  if (classes === 1) return '-';
  return value === null ? 'none' : rounded(value);
}

function mergedText({ merged }: ClassifierPrediction): string[] {
  if (merged === undefined) return [];
  return [
    `${merged.from} different counts were merged into ${merged.to} (the mean of those that are near each other): cosines may be off by 0.05 in the midst of a collapse, and by less than 0.001 elsewhere.`,
  ];
}

function collapseText({ counts, groups, shared, vanished }: ClassifierPrediction): string[] {
  const sentences = shared.map(
    (set) =>
      `In practice ${classesOf(set, counts)} share one classifier (cosine ${SHARED_FROM} or more): these classes cannot be told apart (Minority Collapse).`,
  );
  if (vanished.length > 0) {
    const zero = groups.reduce((sum, { classes, classifierNorm }) => sum + (classifierNorm === 0 ? classes : 0), 0);
    const how =
      zero === vanished.length
        ? 'exactly 0: these classes have vanished, and have no cosine'
        : `practically 0 (below ${100 * VANISHED_BELOW} % of the mean norm): these classes have vanished`;
    sentences.push(`The classifiers of ${classesOf(vanished, counts)} are ${how}.`);
  }
  if (sentences.length > 0) return sentences;
  const nearest = Math.max(...groups.map(({ nearestCosine }) => nearestCosine ?? -1));
  return [`No two classes share their classifier, and none has vanished; the largest cosine is ${rounded(nearest)}.`];
}

function classesOf(classes: readonly number[], counts: readonly number[]): string {
  const own = classes.map((c) => counts[c]!);
  const [least, most] = [Math.min(...own), Math.max(...own)];
  const number = classes.length === 1 ? 'the class' : `the ${classes.length} classes`;
  const range = least === most ? told(least) : `${told(least)} to ${told(most)}`;
  return `${number} with ${range} ${most === 1 ? 'example' : 'examples'}`;
}

/** A count as it is where it is one; a weighted one is a fraction. */
function told(count: number): string {
  return Number.isInteger(count) ? String(count) : rounded(count);
}

function minorityText({ counts, minority, minorityCosine }: ClassifierPrediction): string[] {
  if (minorityCosine === null) return [];
  return [`Among ${classesOf(minority, counts)} the mean cosine is ${rounded(minorityCosine)}.`];
}

function thresholdText({ thresholds }: ClassifierPrediction): string[] {
  if (thresholds === undefined) return [];
  const from = (ratio: number | null) => (ratio === null ? 'at no imbalance' : `from imbalance ${rounded(ratio)} on`);
  return [`They collapse ${from(thresholds.collapse)} and vanish ${from(thresholds.zero)}.`];
}

function remedyText({ oversampling, phase, remedy }: ClassifierPrediction): string[] {
  if (oversampling !== undefined && oversampling > 1 && phase !== 'separated') {
    return [`Shown more than ${rounded(oversampling)} times as often, they would stay apart.`];
  }
  if (remedy === null) return [];
  return [
    `All would stay apart if each were shown (or weighted) like a class of at least ${rounded(remedy.examples)} examples: the rarest ${rounded(remedy.times)} times as often, the others as they need.`,
  ];
}
