import type { Bucket, RunHistory } from '../history.ts';
import type { RunBody } from '../record.ts';
import { defineRule, type Finding } from '../rule.ts';
import { percent } from './percent.ts';

/** Standard deviations of the binomial count beyond which chance is no explanation (two-sided 99 %). */
const CHANCE = 2.58;
/** Place among the initialisations of its architecture beyond which a run is out of the common. */
const UNCOMMON = 0.99;

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
  reads: ['probe/predicted-fraction', 'probe/initial-place'],
  help: 'Before the first step the network already sends most of its guesses to one class. This comes from the architecture and the scale of the inputs, not from the data; it is no fault by itself, but rare classes start far behind, and it should clear within the first epochs. A warning if it is more biased, too, than 99 % of the initialisations of its own architecture.',
  remedy:
    'Watch whether the recall of the other classes leaves 0 within the first epoch. If it does not: centre the inputs, put a normalisation layer behind the activations, or use a smaller initial scale for the biases. If the run is far more biased than its architecture usually is, another seed is the simplest remedy.',
  evaluate({ run, history }) {
    const guesses = history.metrics.get('probe/predicted-fraction');
    const [first, last] = [guesses?.buckets[0], guesses?.buckets.at(-1)];
    if (guesses === undefined || first === undefined || last === undefined || first.firstStep !== 0) return [];
    // The bias of a network that was trained before is nothing of its architecture's.
    if (run.inherited !== undefined) return [];
    const place = placeOf(history);
    // It is derived of this measurement, and follows it at once.
    if (place === null && guesses.buckets.length === 1 && history.metrics.has('probe/survey-gamma')) return [];
    const found = biasOf(first, place, history, run);
    if (found === null) return [];
    const now = guesses.value(last, found.finding.classes[0]!) ?? 0;
    return now > found.clearedAt ? [found.finding] : [];
  },
});

interface Place {
  readonly place: number;
  readonly low: number;
  readonly high: number;
}

function placeOf({ metrics }: RunHistory): Place | null {
  const bucket = metrics.get('probe/initial-place')?.buckets[0];
  if (bucket === undefined || bucket.firstStep !== 0) return null;
  const [place, low, high] = bucket.last;
  return { place: place!, low: low!, high: high! };
}

interface Guessed {
  readonly top: number;
  readonly share: number;
  readonly trueShare: number;
  readonly even: number;
  readonly examples: number;
}

/** The class with the most guesses; null without examples. */
function guessed({ last }: Bucket, { metrics }: RunHistory): Guessed | null {
  const support = metrics.get('probe/support')?.buckets[0]?.last;
  const examples = support?.reduce((sum, n) => sum + n, 0) ?? 0;
  const top = last.indexOf(Math.max(...last));
  if (support === undefined || examples === 0) return null;
  return { top, share: last[top]!, trueShare: support[top]! / examples, even: 1 / last.length, examples };
}

function isStrong({ share, even, examples }: Guessed): boolean {
  const chance = CHANCE * Math.sqrt((share * (1 - share)) / examples);
  return share > (1 + even) / 2 && share - even > chance;
}

/** What is found at step 0, and the share of the class at which it counts as cleared. */
function biasOf(
  first: Bucket,
  place: Place | null,
  history: RunHistory,
  run: RunBody,
): { readonly finding: Finding; readonly clearedAt: number } | null {
  const found = guessed(first, history);
  // What is out of the common and weak all the same is no news.
  if (found === null || !isStrong(found)) return null;
  const isUncommon = place !== null && place.low > UNCOMMON;
  const { top, share, trueShare, even, examples } = found;
  const strong = strongShare(first.last.length);
  const name = run.classNames[top] ?? String(top);
  const guesses = `The untrained network sends ${percent(share)} of ${examples} guesses to class "${name}", whose true share is ${percent(trueShare)}; even shares would be ${percent(even)}.`;
  return {
    clearedAt: strong,
    finding: {
      classes: [top],
      steps: [0, 0],
      message: [guesses, ...placed(place, history), ...caused(history)].join(' '),
      numbers: {
        ...{ topShare: share, trueShare, evenShare: even, examples },
        ...(place && { place: place.place, placeAtLeast: place.low, placeAtMost: place.high }),
      },
      threshold: isUncommon ? UNCOMMON : strong,
      ...(isUncommon ? { level: 'warn' } : {}),
    },
  };
}

function placed(place: Place | null, { metrics }: RunHistory): string[] {
  if (place === null) return [];
  const inits = metrics.get('probe/survey-inits')?.buckets[0]?.last[0];
  const by = inits === undefined ? '' : ` by the ${inits} that were surveyed`;
  return [
    `Of all initialisations of this architecture ${fine(place.place)} are less biased (from ${fine(place.low)} to ${fine(place.high)}${by}).`,
  ];
}

/** What theory would change first. */
function caused({ metrics }: RunHistory): string[] {
  const causes = metrics.get('probe/bias-causes');
  const [gamma, without] = causes?.buckets[0]?.last ?? [];
  const [axis] = causes?.declaration.axes ?? [];
  const change = typeof axis === 'object' ? axis.labels?.[1] : undefined;
  if (gamma === undefined || without === undefined || change === undefined) return [];
  return [`By theory its gamma is ${short(gamma)}; with ${change} it would be ${short(without)}.`];
}

/** A probability in percent, never rounded up to all. */
function fine(share: number): string {
  return `${Math.floor(share * 1000) / 10} %`;
}

function short(gamma: number): string {
  return gamma < 0.005 ? '0' : String(Number(gamma.toPrecision(2)));
}
