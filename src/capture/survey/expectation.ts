import type { ModelLike, TensorLike, TfLike } from '../../tf.ts';
import { generator } from '../../theory/generator.ts';
import { confined, withoutKept } from '../engine/confinement.ts';
import { outputOf, parametersOf } from '../engine/copy.ts';
import { innerModel } from '../engine/model.ts';
import { layerFault } from '../engine/repetition.ts';
import { keepClone, operationsOf } from '../engine/tensors.ts';
import { withRandom } from '../seeded-random.ts';
import { type GuessTheory, guessTheory } from './guess-theory.ts';
import { SURVEY_LIMITS, type SurveyLimits } from './limits.ts';
import { NotCopiedError, type Survey, survey } from './survey.ts';

/** What is to be expected of a model's first guesses before one is seen. */
export interface Expectation {
  /** Null where none was done. */
  readonly survey: Survey | null;
  /** In one sentence: how many initialisations, or why none. */
  readonly told: string;
  /** Null where the guesses are not those of an untrained network. */
  readonly theory: GuessTheory | null;
}

export interface Expected {
  readonly tf: TfLike;
  readonly model: ModelLike;
  /** Inputs of the probe; only lent. */
  readonly xs: readonly TensorLike[];
  readonly classes: number;
  /** Why the model's guesses are not those of an untrained network, as `inheritanceOf` says it; null where they are. */
  readonly inherited: string | null;
  /** Why no survey is possible, in a sentence; null where one is. */
  readonly obstacle: string | null;
  readonly limits: SurveyLimits;
}

/** Examples that a survey guesses on: at least, at most. */
const [FEWEST, MOST] = [100, 1000];
/** Values of inputs that theory looks at. */
const MOST_VALUES = 2 ** 21;
/** Examples by which it is measured how long a forward pass takes. */
const TIMED = 32;
const PASSES = 6;

/**
 * A small survey of the model's architecture, and what theory says of it. To be awaited while nothing trains. The model is only read and
 * run; Math.random, weights and number of tensors are as before. Nothing throws: what could not be done is told in a sentence.
 */
export async function expectationOf(expected: Expected): Promise<Expectation> {
  const { tf, model, xs, inherited, obstacle } = expected;
  if (inherited !== null) {
    return { survey: null, told: `Inherited bias, no survey: ${inherited}.`, theory: null };
  }
  const features = xs[0]!.size / xs[0]!.shape[0]!;
  const few = evenly(tf, xs.slice(0, 1), Math.min(MOST, Math.max(2, Math.floor(MOST_VALUES / features))));
  try {
    const done = obstacle === null ? await surveyed(expected) : obstacle;
    const theory = guessTheory(model, { inputs: await few[0]!.data(), features }, expected.classes);
    return typeof done === 'string' ? { survey: null, told: done, theory } : { ...done, theory };
  } finally {
    for (const tensor of few) tensor.dispose();
  }
}

/** A survey within its limits, or why there is none. */
async function surveyed(expected: Expected): Promise<Omit<Expectation, 'theory'> | string> {
  const { tf, model, xs, classes } = expected;
  const limits = { ...SURVEY_LIMITS, ...expected.limits };
  const parameters = parametersOf(model);
  if (parameters > limits.maxParameters) {
    return `No survey was done: the model has ${parameters} parameters, more than ${limits.maxParameters} (survey.maxParameters).`;
  }
  const own: TensorLike[] = [];
  try {
    own.push(...evenly(tf, xs, await examplesWithin(expected, limits.inits, limits.maxSeconds)));
    const done = await survey(tf, model, own, limits);
    if (done.classes !== classes) {
      return `No survey was done: the first output of the model tells ${done.classes} classes apart, not ${classes}.`;
    }
    const cut = done.cancelled ? `, as many as ${limits.maxSeconds} s allowed` : '';
    return {
      survey: done,
      told: `${done.inits} initialisation${done.inits === 1 ? '' : 's'} of this architecture on ${done.examples} examples${cut}.`,
    };
  } catch (error) {
    if (!(error instanceof NotCopiedError)) {
      return `No survey was done. ${error instanceof Error ? error.message : error}`;
    }
    // Nothing that is given to watch builds a model.
    return `No survey was done, for the model can't be copied: ${error.reason}. Or call survey() with a function that builds it.`;
  } finally {
    for (const tensor of own) tensor.dispose();
  }
}

/** At most `most` examples, evenly spread over all of them: they may be sorted by class. */
function evenly(tf: TfLike, xs: readonly TensorLike[], most: number): TensorLike[] {
  const examples = xs[0]!.shape[0]!;
  if (examples <= most) return xs.map((x) => keepClone(tf, x));
  const rows = Int32Array.from({ length: most }, (_, i) => Math.floor(((i + 0.5) * examples) / most));
  const ops = operationsOf(tf);
  return xs.map((x) => ops.tidy(() => keepClone(tf, ops.gather(x, rows))));
}

/** So many examples that all forward passes, in both modes, take about half of the time. */
async function examplesWithin({ tf, model, xs }: Expected, inits: number, maxSeconds: number): Promise<number> {
  const seconds = await secondsPerExample(tf, model, xs, maxSeconds / 10);
  const affordable = Math.floor(maxSeconds / 2 / (2 * inits * seconds));
  return Math.max(FEWEST, Math.min(MOST, affordable));
}

/** `most`: no pass begins after so many seconds, except the first two. */
async function secondsPerExample(
  tf: TfLike,
  model: ModelLike,
  xs: readonly TensorLike[],
  most: number,
): Promise<number> {
  // What keeps a state between calls must not run; its survey takes the fewest examples that are of use.
  if (layerFault(innerModel(model).layers) !== null) return Infinity;
  const few = evenly(tf, xs, TIMED);
  try {
    let fastest = Infinity;
    const begin = performance.now();
    // The first passes compile and warm up, and others may be at work: the fastest one counts.
    for (let i = 0; i < 2 || (i < PASSES && performance.now() - begin < 1000 * most); i++) {
      const start = performance.now();
      const output = forward(tf, model, few);
      await output.data();
      output.dispose();
      fastest = Math.min(fastest, (performance.now() - start) / 1000);
    }
    return fastest / few[0]!.shape[0]!;
  } finally {
    for (const tensor of few) tensor.dispose();
  }
}

function forward(tf: TfLike, model: ModelLike, xs: readonly TensorLike[]): TensorLike {
  const run = () => withoutKept(tf, () => outputOf(model, xs, false));
  return withRandom(generator(0), () => confined(tf, () => keepClone(tf, run())));
}
