/** What the derived metrics of the first guesses have in common. */
import type { RunHistory } from '../history.ts';
import type { Axis, Panel } from '../record.ts';
import type { Evidence } from '../rule.ts';
import { guessingBias } from '../theory/guessing-bias.ts';

/** Most classes and examples that `guessingBias` takes. */
const [MAX_CLASSES, MAX_EXAMPLES] = [10_000, 100_000];

/** Shares at which a law is told: many classes have shares of a few thousandths, two have any. */
const SHARES = [
  0,
  ...Array.from({ length: 33 }, (_, i) => 0.05 * 10 ** ((i - 33) / 12)),
  ...Array.from({ length: 96 }, (_, i) => Math.round(100 * (0.05 + 0.01 * i)) / 100),
];

export const SHARE_AXIS: Axis = { name: 'share', values: SHARES };

/** The panel that draws a law with what was surveyed and what the run guesses. */
export function lawPanel(series: string): Panel {
  return {
    group: 'Initial guesses',
    title: 'Where the first guesses stand',
    chart: 'distribution',
    role: 'law',
    axisTitles: ['share of the guesses that a class gets', 'share of the classes'],
    series,
  };
}

/** Values of a metric (`stream/metric`) at step 0; null where it was not measured then, or its first value is missing. */
export function atStart({ metrics }: RunHistory, name: string): Float64Array | null {
  const bucket = metrics.get(name)?.buckets[0];
  return bucket !== undefined && bucket.firstStep === 0 && bucket.seen[0] === 1 ? bucket.last : null;
}

/** Examples of the probe whose guesses were counted at step 0; null where nobody knows. */
export function examplesAtStart(history: RunHistory): number | null {
  const support = history.metrics.get('probe/support')?.buckets[0];
  if (support === undefined || support.firstStep !== 0) return null;
  const examples = support.last.reduce((sum, count) => sum + count, 0);
  return examples > 0 ? Math.min(examples, MAX_EXAMPLES) : null;
}

/** P(share of one class <= each of SHARES) at this gamma, for the classes and the probe of the run; null where they are not known. */
export function lawAt({ run, history }: Evidence, gamma: number | undefined): number[] | null {
  const examples = examplesAtStart(history);
  const classes = run.classNames.length;
  if (gamma === undefined || examples === null || classes > MAX_CLASSES) return null;
  const { cdf } = guessingBias({ gamma, classes, examples });
  return SHARES.map(cdf);
}

/** P(top share is smaller than this one) at each gamma; null where the probe is not known. */
export function placesAt({ run, history }: Evidence, topShare: number, gammas: readonly number[]): number[] | null {
  const examples = examplesAtStart(history);
  const classes = run.classNames.length;
  if (examples === null || classes > MAX_CLASSES) return null;
  // Of shares in steps of 1 / D the smaller ones: a top share that all have is no high place.
  const below = (Math.round(topShare * examples) - 1) / examples;
  return gammas.map((gamma) => guessingBias({ gamma, classes, examples }).top.cdf(below));
}
