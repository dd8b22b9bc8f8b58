import type { Bucket } from '../history.ts';
import type { Evidence, Finding } from '../rule.ts';
import { COLLAPSES_FROM } from '../theory/collapse-ratio.ts';
import { quoted } from './class-names.ts';
import { lastStretch, PATIENCE_STEPS } from './stretch.ts';

/** Measurements in a row at which the ratio has to say the same. */
const RUN_LENGTH = 10;

/**
 * That the minority is heading for collapse, while its rows still differ. Measurements of the first steps do not count: features that tell nothing apart
 * yet make the ratio large in every run. A ratio of before the second half of the run says nothing about now.
 * `counts`: training examples of each class.
 */
export function collapseForecast(
  { run, history }: Evidence,
  minority: readonly number[],
  counts: ArrayLike<number>,
): Finding | null {
  if (minority.length < 2 || !hasRarest(counts, minority)) return null;
  const stretch = lastStretch(history.metrics.get('model/collapse-ratio'), RUN_LENGTH, isCollapsing);
  if (stretch === null || 2 * stretch.to.step < history.lastStep) return null;
  const { from, to, length } = stretch;
  const ratio = to.last[0]!;
  return {
    level: 'warn',
    classes: minority,
    steps: [from.step, to.step],
    message:
      `The rows of ${quoted(minority, run.classNames)} in the last dense layer are heading for one direction: ` +
      `collapse ratio ${ratio.toFixed(1)} at step ${to.step}, ${COLLAPSES_FROM} or more at ${length} measurements since step ${from.step}.`,
    remedy:
      `Show the rarest classes ${above(ratio)} times as often (oversampling): that prevents it. Class weights as large do the same; ` +
      'so does less weight decay (kernelRegularizer) of the last dense layer.',
    numbers: { collapseRatio: ratio, oversampling: ratio, measurements: length },
    threshold: COLLAPSES_FROM,
  };
}

/** None of several measurements in a bucket may be lower, and none may be NaN. */
function isCollapsing({ step, seen, min, sum }: Bucket): boolean {
  return step >= PATIENCE_STEPS && seen[0] === 1 && min[0]! >= COLLAPSES_FROM && Number.isFinite(sum[0]!);
}

/** The ratio is that of the rarest classes: where others were said to be the minority, or all are as rare, it says nothing about these. */
function hasRarest(counts: ArrayLike<number>, minority: readonly number[]): boolean {
  const few = new Set(minority);
  let rarest = Infinity;
  let rarestOthers = Infinity;
  for (let c = 0; c < counts.length; c++) {
    if (counts[c] === 0) continue;
    if (few.has(c)) rarest = Math.min(rarest, counts[c]!);
    else rarestOthers = Math.min(rarestOthers, counts[c]!);
  }
  return rarest < rarestOthers;
}

/** Rounded up: what is shown less often than this collapses. */
const above = (ratio: number) => (Math.ceil(ratio * 10 - 1e-6) / 10).toFixed(1);
