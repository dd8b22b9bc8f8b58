import { expectTf, type ModelLike, type TensorLike, type TfLike } from '../../tf.ts';
import { generator } from '../../theory/generator.ts';
import { UsageError } from '../../usage-error.ts';
import { inputShapesOf, isLayersModel } from '../engine/copy.ts';
import { keepClone, ready } from '../engine/tensors.ts';
import { type Cause, type Causes, causesOf, type SurveyCauses } from './causes.ts';
import { checkSize, type Initialisation, initialise, type Maker } from './initialisation.ts';
import { type SurveyMode, surveyMode } from './mode.ts';
import {
  checkFinite,
  checkShapes,
  inputTensors,
  type SurveyOptions,
  type SurveySettings,
  surveySettings,
} from './options.ts';
import { copyMaker, type Template, templateOf } from './template.ts';

/** How the untrained networks of one architecture guess. */
export interface Survey {
  /** 0 where no initialisation was done. */
  readonly classes: number;
  /** Initialisations that were done. */
  readonly inits: number;
  /** Number of inputs D. */
  readonly examples: number;
  /** With moving statistics and without dropout, as `predict`. */
  readonly evaluation: SurveyMode;
  /** With batch statistics and dropout, as training sees it; null where no layer differs. */
  readonly training: SurveyMode | null;
  /** Whether `signal` or `maxSeconds` ended it early. */
  readonly cancelled: boolean;
  /** With the option `why`; else null. */
  readonly why: SurveyCauses | null;
}

/**
 * How biased the guesses of an architecture usually are: it is initialised anew `inits` times and asked for its guesses on `inputs`, a tensor
 * [D, ...] or a list of them for several inputs. One copy at a time, disposed of at once; the loop runs between two.
 *
 * `model`: a LayersModel or Sequential, which is copied by its configuration with new seeds and left as it is; or a function that builds one
 * anew at each call, for layers that can't be copied. Everything that such a function makes is disposed of with the copy. The outputs are
 * [D, C], or [D, 1] for two classes; softmax or sigmoid at the end is left out, so that moments are those of logits.
 *
 * Math.random is another, seeded function while a copy is built and runs, and the caller's own at all other times: nothing is drawn from it.
 * Rejects with a UsageError for inputs or options that don't fit or are not finite, a model that can't be copied, copies that are all the same, and outputs that
 * are no numbers. Source: IGB (Francazi, Lucchi, Baity-Jesi, "Initial Guessing Bias", ICML 2024).
 */
export async function survey(
  tf: TfLike,
  model: ModelLike | (() => ModelLike),
  inputs: TensorLike | readonly TensorLike[],
  options: SurveyOptions = {},
): Promise<Survey> {
  expectTf(tf);
  const settings = surveySettings(options);
  const given = inputTensors(inputs);
  checkModel(model, given, settings);
  // Handles of our own: the caller's may go while we wait.
  const xs = given.map((tensor) => keepClone(tf, tensor));
  try {
    await ready(tf);
    await checkFinite(xs);
    return await new Course(tf, settings).run(model, xs);
  } finally {
    for (const tensor of xs) tensor.dispose();
  }
}

function checkModel(model: unknown, xs: readonly TensorLike[], { maxParameters }: SurveySettings): void {
  if (typeof model === 'function') return;
  if (!isLayersModel(model)) {
    const got = model === null ? 'null' : typeof model === 'object' ? 'another object' : typeof model;
    throw new UsageError(`Expected model to be a LayersModel or a function that builds one, got ${got}.`);
  }
  checkShapes(xs, inputShapesOf(model));
  checkSize(model, maxParameters);
}

/** That a model can't be copied; `reason`: why, as the end of a sentence, for those who can't pass a function instead. */
export class NotCopiedError extends UsageError {
  readonly reason: string;
  constructor(message: string, reason: string) {
    super(message);
    this.reason = reason;
  }
}

/** How the copies of a model are made: by its configuration, or by the caller. */
async function sourceOf(
  tf: TfLike,
  model: ModelLike | (() => ModelLike),
  xs: readonly TensorLike[],
  why: boolean,
): Promise<{ readonly make: Maker; readonly template: Template | string }> {
  if (typeof model === 'function') {
    return { make: model, template: why ? await templateOf(tf, model, xs) : 'nobody asked for it' };
  }
  const template = await templateOf(tf, () => model, xs);
  if (typeof template !== 'string') return { make: copyMaker(template), template };
  const name = `${model.getClassName()} "${(model as { name?: string }).name}"`;
  throw new NotCopiedError(
    `Expected model to be one that can be copied by its configuration, got ${name} (${template}): pass a function that builds it instead.`,
    template,
  );
}

/** One survey under way: what is done, and whether to go on. */
class Course {
  private readonly tf: TfLike;
  private readonly settings: SurveySettings;
  private readonly end: number;
  private rounds = 1;
  private done = 0;
  private isCancelled = false;

  constructor(tf: TfLike, settings: SurveySettings) {
    this.tf = tf;
    this.settings = settings;
    this.end = performance.now() + 1000 * settings.maxSeconds;
  }

  async run(model: ModelLike | (() => ModelLike), xs: readonly TensorLike[]): Promise<Survey> {
    const { tf, settings } = this;
    const { make, template } = await sourceOf(tf, model, xs, settings.why === true);
    const causes = settings.why === true ? causesOf(tf, template, make, xs) : null;
    try {
      this.rounds += causes?.possible.length ?? 0;
      const inits = await this.round(make, xs, differing(typeof model === 'function'));
      const examples = xs[0]!.shape[0]!;
      const evaluation = evaluationOf(inits, examples);
      const why = causes && (await this.surveyCauses(causes, evaluation, examples));
      return {
        classes: inits[0]?.evaluation.fractions.length ?? 0,
        inits: inits.length,
        examples,
        evaluation,
        training: inits[0]?.training
          ? surveyMode(
              inits.map((init) => init.training!),
              examples,
            )
          : null,
        cancelled: this.isCancelled,
        why,
      };
    } finally {
      causes?.dispose();
    }
  }

  /** Initialises `inits` times, with the same seeds in every round: what differs between rounds is then what was changed. */
  private async round(make: Maker, xs: readonly TensorLike[], check: (init: Initialisation) => void) {
    const { batchSize, maxParameters } = this.settings;
    const seeds = generator(this.settings.seed);
    const inits: Initialisation[] = [];
    while (inits.length < this.settings.inits && this.goesOn()) {
      const seed = Math.floor(seeds() * 2 ** 32);
      const init = await initialise(this.tf, { make, xs, seed, batchSize, maxParameters });
      check(init);
      inits.push(init);
      this.done++;
      this.settings.onProgress?.(this.done, this.rounds * this.settings.inits);
      await new Promise((resolve) => setTimeout(resolve));
    }
    return inits;
  }

  private goesOn(): boolean {
    const isLate = this.done > 0 && performance.now() > this.end;
    this.isCancelled ||= isLate || this.settings.signal?.aborted === true;
    return !this.isCancelled;
  }

  private async surveyCauses({ possible, notDone }: Causes, asIs: SurveyMode, examples: number): Promise<SurveyCauses> {
    const modes: { [name in Cause['name']]?: SurveyMode } = {};
    const faults: string[] = [...notDone];
    for (const { name, make, xs } of possible) {
      try {
        const inits = await this.round(make, xs, () => {});
        if (inits.length > 0) modes[name] = evaluationOf(inits, examples);
      } catch (error) {
        faults.push(`${name} was not done: ${error instanceof Error ? error.message : error}`);
      }
    }
    const { centredInputs = null, oddActivation = null, normAfterActivation = null } = modes;
    return { asIs, centredInputs, oddActivation, normAfterActivation, notDone: faults };
  }
}

function evaluationOf(inits: readonly Initialisation[], examples: number): SurveyMode {
  return surveyMode(
    inits.map(({ evaluation }) => evaluation),
    examples,
  );
}

/** Throws a UsageError at the second of two initialisations with the same outputs. */
function differing(isFactory: boolean): (init: Initialisation) => void {
  const seen = new Set<string>();
  return ({ fingerprint }) => {
    if (fingerprint === null) return;
    if (seen.has(fingerprint)) {
      throw new UsageError(
        isFactory
          ? 'Expected the function given as model to make new weights at each call, got two models that are the same: seeds are fixed inside, leave them out.'
          : 'Expected model to have random initial weights, got two copies that are the same: its initialisers draw nothing, or have seeds that their configuration does not tell.',
      );
    }
    seen.add(fingerprint);
  };
}
