import { countedIn } from '../counted.ts';
import type { Bucket, MetricHistory } from '../history.ts';
import { defineRule, type Evidence, type Finding } from '../rule.ts';
import { minorityOf } from '../theory/minority.ts';
import { quoted } from './class-names.ts';
import { collapseForecast } from './collapse-forecast.ts';
import { percent } from './percent.ts';
import { lastStretch, PATIENCE_STEPS, type Stretch } from './stretch.ts';

/** Mean cosine of the minority from which its classifiers count as one. */
const COLLAPSED = 0.9;
/** Longest minority row, as a share of the mean length of the others, below which the minority has vanished. */
const GONE = 0.01;
/** Measurements in a row that must agree. */
const RUN_LENGTH = 3;
/** Before this many epochs, or `PATIENCE_STEPS`, nothing is called collapsed: in few dimensions chance alone makes rows alike. */
const PATIENCE_EPOCHS = 3;

export default defineRule({
  id: 'minority-collapse',
  level: 'error',
  reads: ['model/classifier-norm', 'model/minority-cosine', 'model/collapse-ratio'],
  help: 'The rows of the rare classes in the last dense layer have become one direction, or have shrunk to nothing (error), or are heading there (warn): whatever the features, a network whose rows are one cannot tell these classes apart any more (Minority Collapse: Fang, He, Long, Su, PNAS 2021). It comes from imbalance together with weight decay, and longer training does not undo it.',
  remedy:
    'Show these classes more often (oversampling) or give them class weights, about in the ratio of the counts, and lower the weight decay (kernelRegularizer) of the last dense layer.',
  evaluate(evidence) {
    const { run, history } = evidence;
    const counted = countedIn(history, run.classNames.length);
    const minority = minorityOf(run, counted);
    if (minority.length === 0) return [];
    const fact = vanished(evidence, minority) ?? collapsed(evidence, minority);
    const found = fact ?? collapseForecast(evidence, minority, run.classCounts ?? counted);
    return found === null ? [] : [found];
  },
});

function collapsed({ run, history }: Evidence, minority: readonly number[]): Finding | null {
  const cosines = history.metrics.get('model/minority-cosine');
  // Stored as float32, in which 0.9 is a little less.
  const stretch = lastingStretch(cosines, ({ last }) => last[0]! >= Math.fround(COLLAPSED));
  // The cosine is missing where rows are 0: one of long before says nothing about now.
  const before = history.metrics.get('model/classifier-norm')?.buckets.at(-2);
  if (stretch === null || stretch.to.step < (before?.step ?? 0)) return null;
  const { from, to, length } = stretch;
  const cosine = to.last[0]!;
  // What balanced classes end at depends on the loss: the chart's reference line, where there is one.
  const healthy = cosines!.declaration.panels.flatMap(({ marks = [] }) => marks)[0]?.value;
  const compared = healthy === undefined ? '' : `; healthy is ${healthy.toFixed(2)}`;
  return {
    classes: minority,
    steps: [from.step, to.step],
    message:
      `${rowsOf(minority, run.classNames)} in the last dense layer have become one direction: ` +
      `mean cosine ${cosine.toFixed(2)} at step ${to.step}, ${COLLAPSED} or more since step ${from.step}${compared}.`,
    numbers: {
      minorityCosine: cosine,
      ...(healthy === undefined ? {} : { healthyCosine: healthy }),
      measurements: length,
    },
    threshold: COLLAPSED,
  };
}

function vanished({ run, history }: Evidence, minority: readonly number[]): Finding | null {
  const norms = history.metrics.get('model/classifier-norm');
  const stretch = lastingStretch(norms, (bucket) => lengthShare(bucket, minority) < GONE);
  if (stretch === null) return null;
  const { from, to, length } = stretch;
  const share = lengthShare(to, minority);
  const verb = minority.length === 1 ? 'has' : 'have';
  return {
    classes: minority,
    steps: [from.step, to.step],
    message:
      `${rowsOf(minority, run.classNames)} in the last dense layer ${verb} collapsed to zero: ` +
      `at most ${percent(share)} of the mean length of the others at step ${to.step}, less than ${percent(GONE)} since step ${from.step}.`,
    numbers: { lengthShare: share, measurements: length },
    threshold: GONE,
  };
}

const rowsOf = (classes: readonly number[], names: readonly string[]) =>
  `The row${classes.length === 1 ? '' : 's'} of ${quoted(classes, names)}`;

/** Longest row of the minority over the mean length of all others; NaN where these are 0 or there are none. */
function lengthShare({ last }: Bucket, minority: readonly number[]): number {
  const few = new Set(minority);
  let longest = 0;
  let sum = 0;
  last.forEach((norm, c) => {
    if (few.has(c)) longest = Math.max(longest, norm);
    else sum += norm;
  });
  return longest / (sum / (last.length - few.size));
}

/** The last measurements in a row that fit, where they are enough of them and not all of the first steps. */
function lastingStretch(metric: MetricHistory | undefined, fits: (bucket: Bucket) => boolean): Stretch | null {
  const stretch = lastStretch(metric, RUN_LENGTH, fits);
  if (stretch === null) return null;
  const { step, epoch } = stretch.to;
  return step < PATIENCE_STEPS && (epoch ?? 0) < PATIENCE_EPOCHS ? null : stretch;
}
