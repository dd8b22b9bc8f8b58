import { formatStack, guessingBias, meanField, parseStack, type Stack } from '../theory/index.ts';
import { splitParts } from '../theory/stack-text.ts';
import { rounded } from './rounded.ts';
import { table } from './table.ts';

interface Question {
  /** Hidden layers; an output layer of `classes` units follows them unless it is their last. */
  readonly stack: string;
  readonly classes: number;
  readonly q: number;
  readonly c: number;
  readonly examples: number | null;
}

export interface GuessPrediction extends Question {
  readonly layers: readonly {
    readonly layer: string;
    readonly q: number;
    readonly c: number;
    readonly gamma: number;
    readonly chi: number | null;
  }[];
  /** Of the output nodes. */
  readonly gamma: number;
  /** Expected largest share of the guesses, and its quantiles over initialisations. */
  readonly topShare: number;
  readonly topShareQuantiles: { readonly [p: string]: number };
  /** Expected entropy of the shares, divided by log C. */
  readonly entropy: number;
}

const QUANTILES = [0.05, 0.5, 0.95, 0.99];

/** Mean field and the law of the guesses. Throws a RangeError for a stack that can't be read and numbers out of range. */
export function predictGuesses(question: Question): GuessPrediction {
  const { classes, examples, q, c } = question;
  const stack = withOutput(parseStack(question.stack), classes);
  // As it was asked: he stays he, which formatStack writes as a number.
  const written = splitParts(question.stack, 'stack').filter((part) => !part.startsWith('input'));
  const states = meanField(stack, { q, c });
  const { gamma } = states.at(-1)!;
  const law = guessingBias({ gamma, classes, ...(examples === null ? {} : { examples }) });
  return {
    ...question,
    layers: states.map((state, i) => ({ layer: written[i] ?? formatStack([stack[i]!]), ...state })),
    gamma,
    topShare: law.topShare,
    topShareQuantiles: Object.fromEntries(QUANTILES.map((p) => [p, law.top.quantile(p)])),
    entropy: law.entropy,
  };
}

function withOutput(stack: Stack, classes: number): Stack {
  const last = stack.at(-1);
  if (last?.kind === 'dense' && last.units === classes && last.activation === 'linear') return stack;
  // Its weights have no say in it: guesses do not change when all outputs are scaled.
  return [...stack, { kind: 'dense', units: classes, activation: 'linear', sw2: 1, sb2: 0 }];
}

export function describeGuesses(prediction: GuessPrediction): string {
  const { classes, gamma, topShare, topShareQuantiles, entropy, layers, examples } = prediction;
  const rows = layers.map(({ layer, q, c, gamma: g, chi }) => [
    layer,
    ...[q, c, g].map(rounded),
    chi === null ? '-' : rounded(chi),
  ]);
  const quantiles = Object.entries(topShareQuantiles).map(
    ([p, share]) => `${percent(Number(p))} of them below ${percent(share)}`,
  );
  return [
    table([['LAYER', 'Q', 'C', 'GAMMA', 'CHI'], ...rows]),
    `gamma ${rounded(gamma)}: ${kindOf(gamma)}.`,
    `Of ${classes} classes the favoured one gets ${percent(topShare)} of ${examples === null ? 'the' : examples} guesses on average over initialisations`,
    `(${quantiles.join(', ')}); evenly it would be ${percent(1 / classes)}. Entropy ${rounded(entropy)} of 1.`,
    '',
  ].join('\n');
}

/** For two classes, below gamma 1 most initialisations share the guesses out, above it most prefer one class (IGB, ICML 2024). */
function kindOf(gamma: number): string {
  if (gamma === 0) return 'wide networks of this kind share their guesses out evenly';
  return gamma <= 1
    ? 'neutral: most initialisations share the guesses out'
    : 'prejudiced: most initialisations prefer a class';
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}
