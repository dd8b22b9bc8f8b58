import type { Bucket } from '../history.ts';
import { defineRule } from '../rule.ts';
import { percent } from './percent.ts';

/** Share of all predictions on one class from which the network is called collapsed. */
const COLLAPSED = 0.95;
/** A set that nearly consists of this class is rightly predicted so. */
const MOST_TRUE_SHARE = 0.75;
/** Measurements in a row that must agree. */
const RUN_LENGTH = 3;
/**
 * Before this many steps or epochs nothing is called collapsed: a network may start biased, and under imbalance the
 * first steps go to the majority class whatever happens later.
 */
const PATIENCE_STEPS = 100;
const PATIENCE_EPOCHS = 3;

export default defineRule({
  id: 'prediction-collapse',
  level: 'warn',
  reads: ['probe/predicted-fraction'],
  help: 'The network predicts nearly everything as one class, and has done so for several measurements after the start. Accuracy may look fair all the same if the class is common.',
  remedy:
    'Lower the learning rate, look for exploding gradients or dead ReLUs, check that labels and inputs belong together, and with strong imbalance weigh or resample the rare classes.',
  evaluate({ run, history }) {
    const guesses = history.metrics.get('probe/predicted-fraction')?.buckets ?? [];
    const support = history.metrics.get('probe/support')?.buckets.at(-1)?.last;
    const last = guesses.at(-1);
    if (last === undefined || support === undefined) return [];
    const top = topClass(last);
    const examples = support.reduce((sum, n) => sum + n, 0);
    const trueShare = support[top]! / examples;
    if (trueShare > MOST_TRUE_SHARE) return [];
    const since = collapsedSince(guesses, top);
    const length = guesses.length - since;
    const early = last.step < PATIENCE_STEPS && (last.epoch ?? 0) < PATIENCE_EPOCHS;
    if (length < RUN_LENGTH || early) return [];
    const share = last.last[top]!;
    const name = run.classNames[top] ?? String(top);
    return [
      {
        classes: [top],
        steps: [guesses[since]!.step, last.step],
        message: `${percent(share)} of ${examples} predictions are class "${name}" since step ${guesses[since]!.step}; its true share is ${percent(trueShare)}.`,
        numbers: { topShare: share, trueShare, examples, measurements: length },
        threshold: COLLAPSED,
      },
    ];
  },
});

function topClass({ last }: Bucket): number {
  let top = 0;
  for (let c = 1; c < last.length; c++) if (last[c]! > last[top]!) top = c;
  return top;
}

/** Index of the first of the last measurements in a row that have nearly all predictions on `top`. */
function collapsedSince(guesses: readonly Bucket[], top: number): number {
  let since = guesses.length;
  while (since > 0 && guesses[since - 1]!.last[top]! >= COLLAPSED) since--;
  return since;
}
