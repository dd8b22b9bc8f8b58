import type { Bucket, RunHistory } from '../history.ts';
import type { RunBody } from '../record.ts';
import { defineRule, type Finding } from '../rule.ts';
import { percent } from './percent.ts';

/** Standard deviations of the binomial count beyond which chance is no explanation (two-sided 99 %). */
const CHANCE = 2.58;

/**
 * Half way from an even share to all guesses on one class: .75 for two classes, .55 for ten. A plain ReLU network is
 * often biased a little; that is no news (Francazi, Lucchi, Baity-Jesi, ICML 2024).
 */
export function strongShare(classes: number): number {
  return (1 + 1 / classes) / 2;
}

export default defineRule({
  id: 'initial-guessing-bias',
  level: 'info',
  reads: ['probe/predicted-fraction'],
  help: 'Before the first step the network already sends most of its guesses to one class. This comes from the architecture and the scale of the inputs, not from the data; it is no fault by itself, but rare classes start far behind, and it should clear within the first epochs.',
  remedy:
    'Watch whether the recall of the other classes leaves 0 within the first epoch. If it does not: centre the inputs, put a normalisation layer behind the activations, or use a smaller initial scale for the biases.',
  evaluate({ run, history }) {
    const guesses = history.metrics.get('probe/predicted-fraction');
    const first = guesses?.buckets[0];
    const last = guesses?.buckets.at(-1);
    if (guesses === undefined || first === undefined || last === undefined || first.firstStep !== 0) return [];
    const found = strongBias(first, history, run);
    if (found === null) return [];
    const now = guesses.value(last, found.classes[0]!) ?? 0;
    return now > found.threshold ? [found] : [];
  },
});

function strongBias(first: Bucket, history: RunHistory, run: RunBody): Finding | null {
  const classes = first.last.length;
  const top = first.last.indexOf(Math.max(...first.last));
  const share = first.last[top]!;
  const support = history.metrics.get('probe/support')?.buckets[0]?.last;
  const examples = support?.reduce((sum, n) => sum + n, 0) ?? 0;
  const threshold = strongShare(classes);
  const chance = CHANCE * Math.sqrt((share * (1 - share)) / examples);
  if (examples === 0 || share <= threshold || share - 1 / classes <= chance) return null;
  const trueShare = support![top]! / examples;
  const name = run.classNames[top] ?? String(top);
  return {
    classes: [top],
    steps: [0, 0],
    message: `The untrained network sends ${percent(share)} of ${examples} guesses to class "${name}", whose true share is ${percent(trueShare)}; even shares would be ${percent(1 / classes)}.`,
    numbers: { topShare: share, trueShare, evenShare: 1 / classes, examples },
    threshold,
  };
}
