import { UsageError } from '../usage-error.ts';
import { type Command, type OptionValues, optionName, textOf } from './command.ts';
import { describeClassifiers } from './describe-classifiers.ts';
import { predictClassifiers } from './predict-classifiers.ts';
import { describeGuesses, predictGuesses } from './predict-guesses.ts';

const NOTES = `LAYERS are separated by commas, in the order of data:
  dense:UNITS[:ACTIVATION[:WEIGHTS[:BIAS]]]   WEIGHTS: he, lecun, glorot (the default), or fan_in times the variance of
  conv:FILTERS[:ACTIVATION[:WEIGHTS[:BIAS]]]  a weight (he: 2, lecun: 1); BIAS: variance of a bias (default 0)
  relu, tanh, gelu, ...                       an activation as a layer; as ACTIVATION the default is linear
  maxPool:UNITS, avgPool:UNITS, globalAvgPool:UNITS  units per pool: 4 for 2 x 2
  batchNorm, layerNorm, dropout:RATE, flatten[:FEATURES]
  residual(LAYERS), residual(LAYERS | SHORTCUT)
  input:FEATURES                              first of all, where glorot has to know the number of inputs
Such as: --stack "conv:32:relu:he,maxPool:4,conv:64:linear:he,batchNorm,relu,flatten,dense:128:relu:he"

Classes and counts are numbered from 0, parts of a stack from 1.
`;

/** What theory says, without a run: of the guesses of an untrained network, or of the classifiers at the end of training. */
export const predict: Command = {
  help: 'what theory says: guesses before training (--stack) or classifiers after it (--counts)',
  operands: [],
  options: {
    counts: { value: 'N,N,...', help: 'training examples of each class: when must rare classes collapse?' },
    weight_energy: { value: 'E', help: 'mean square of the rows of the last layer (default 1); with --counts' },
    feature_energy: { value: 'E', help: 'mean square of the features that enter it (default 5); with --counts' },
    stack: {
      value: 'LAYERS',
      help: 'hidden layers, such as dense:256:relu,dense:256:relu: how biased are the guesses?',
    },
    classes: { value: 'C', help: 'units of the output layer behind them (default 10); with --stack' },
    q: { value: 'Q', help: 'mean square of an input feature (default 1); with --stack' },
    c: { value: 'C', help: 'correlation of two inputs, 0 if they are centred (default 0); with --stack' },
    examples: { value: 'D', help: 'inputs whose guesses are counted (default: endless); with --stack' },
    json: { value: null, help: 'as JSON' },
  },
  notes: NOTES,
  async run(values, _operands, terminal) {
    const text = asked(() => (isAboutGuesses(values) ? ofGuesses(values) : ofClassifiers(values)));
    await terminal.out(text);
    return 0;
  },
};

const FOR_COUNTS = ['weight_energy', 'feature_energy'];
const FOR_STACK = ['classes', 'q', 'c', 'examples'];

function isAboutGuesses(values: OptionValues): boolean {
  const [hasCounts, hasStack] = [values.counts !== undefined, values.stack !== undefined];
  if (hasCounts === hasStack) {
    throw new UsageError(
      `Expected either --counts or --stack, got ${hasCounts ? 'both' : 'neither'}: see classwatch predict --help.`,
    );
  }
  const foreign = (hasStack ? FOR_COUNTS : FOR_STACK).find((name) => values[name] !== undefined);
  if (foreign !== undefined) {
    throw new UsageError(
      `Option ${optionName(foreign)} says nothing with --${hasStack ? 'stack' : 'counts'}: leave it out.`,
    );
  }
  return hasStack;
}

function ofGuesses(values: OptionValues): string {
  const prediction = predictGuesses({
    stack: textOf(values, 'stack')!,
    classes: numberOf(values, 'classes', 10),
    q: numberOf(values, 'q', 1),
    c: numberOf(values, 'c', 0),
    examples: values.examples === undefined ? null : numberOf(values, 'examples', 0),
  });
  return values.json ? json(prediction) : describeGuesses(prediction);
}

function ofClassifiers(values: OptionValues): string {
  const prediction = predictClassifiers({
    counts: textOf(values, 'counts')!
      .split(',')
      .map((count, i) => toNumber(`counts[${i}]`, count)),
    weightEnergy: numberOf(values, 'weight_energy', 1),
    featureEnergy: numberOf(values, 'feature_energy', 5),
  });
  return values.json ? json(prediction) : describeClassifiers(prediction);
}

function json(prediction: unknown): string {
  return `${JSON.stringify(prediction, null, 2)}\n`;
}

function numberOf(values: OptionValues, name: string, otherwise: number): number {
  const text = textOf(values, name);
  return text === undefined ? otherwise : toNumber(optionName(name), text);
}

function toNumber(what: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && !Number.isNaN(value)) return value;
  throw new UsageError(`Expected ${what} to be a number, got ${JSON.stringify(text.slice(0, 80))}.`);
}

/** What theory refuses was asked wrongly. */
function asked<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
}
