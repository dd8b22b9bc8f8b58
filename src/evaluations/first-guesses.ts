import { isLayersModel } from '../capture/engine/copy.ts';
import { variablesOf } from '../capture/engine/model.ts';
import { outputNamesOf } from '../capture/engine/model-outputs.ts';
import type { EvaluationSet } from '../capture/evaluation/evaluation-set.ts';
import { type Expectation, expectationOf } from '../capture/survey/expectation.ts';
import { inheritanceOf } from '../capture/survey/inheritance.ts';
import type { Metric } from '../metric.ts';
import type { WatchOptions } from '../options.ts';
import type { ModelLike, TfLike } from '../tf.ts';

export interface FirstGuessesInput {
  readonly tf: TfLike;
  readonly model: ModelLike | null;
  readonly options: WatchOptions;
  readonly metrics: readonly Metric[];
  readonly sets: readonly EvaluationSet[];
  readonly output: number;
  readonly classes: number;
  readonly report: (sentence: string) => void;
}

/** What is known of a model's first guesses before training. */
export interface FirstGuesses {
  /** Why they are not those of an untrained network; null where they are, and where nobody looked. */
  readonly inherited: string | null;
  /** Null where there is nothing to expect it of, or nobody asks for it. */
  readonly expected: Expectation | null;
}

/** Whether a model has weights yet; one without a single layer gets them later. */
export function isBuilt(model: ModelLike | null): model is ModelLike {
  return model !== null && variablesOf(model).length > 0;
}

/**
 * Surveys the model on the probe and asks theory. To be awaited while nothing trains: that is what keeps it out of every step. Never
 * rejects; what fails is reported.
 */
export async function firstGuesses(input: FirstGuessesInput): Promise<FirstGuesses> {
  const { tf, model, options, metrics, sets, classes, report } = input;
  const xs = sets.find(({ name }) => name === 'probe')?.inputs ?? [];
  const { survey = {} } = options;
  const isAsked = survey !== false && xs.length > 0 && metrics.some(({ part }) => part === 'expectation');
  if (!isAsked || !isBuilt(model) || !isLayersModel(model)) return { inherited: null, expected: null };
  try {
    const inherited = await inheritanceOf(model);
    const obstacle = obstacleOf(input, model);
    const limits = typeof survey === 'object' ? survey : {};
    return { inherited, expected: await expectationOf({ tf, model, xs, classes, inherited, obstacle, limits }) };
  } catch (error) {
    report(
      `What to expect of the first guesses could not be found out; training goes on. ${error instanceof Error ? error.message : error}`,
    );
    return { inherited: null, expected: null };
  }
}

/** Why a survey of this model would be of other guesses than those of the probe. */
function obstacleOf({ options, output }: FirstGuessesInput, model: ModelLike): string | null {
  if (options.predict) return 'No survey was done: the guesses are made by predict, not by the model alone.';
  const [first = ''] = outputNamesOf(model);
  return output === 0
    ? null
    : `No survey was done: the output that is watched is not ${first}, the first one of the model.`;
}
