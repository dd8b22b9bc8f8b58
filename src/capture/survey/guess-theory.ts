import type { ModelLike } from '../../tf.ts';
import { directionsOf } from '../../theory/directions.ts';
import { causesOf, type GuessCauseFound } from '../../theory/guess-causes.ts';
import { meanField } from '../../theory/mean-field.ts';
import { gammaOfWidth } from '../../theory/width-gamma.ts';
import { describeStack, type InputExamples, type Undescribed } from '../stack/describe-stack.ts';

/** What theory says of a model's first guesses. */
export interface GuessTheory {
  /** Of the outputs as `predict` gives them; null where theory can't describe the model. */
  readonly gamma: number | null;
  /** The same as training sees them; null where no layer differs. */
  readonly trainingGamma: number | null;
  /** What finite width adds to `gamma` where guesses are concerned; null where that is not known. */
  readonly widthGamma: number | null;
  /** What makes gamma as large as it is, as `predict` sees the model; the strongest first. */
  readonly causes: readonly GuessCauseFound[];
  /** In one sentence: the causes, or where theory stops. */
  readonly told: string;
}

/** Below it nobody asks for a cause. */
const NO_BIAS = 0.005;
/** Causes that a sentence names. */
const NAMED = 2;

/** Mean field and causes for a model and its inputs. Nothing throws: what can't be said is told in a sentence. */
export function guessTheory(model: ModelLike, inputs: InputExamples, classes: number): GuessTheory {
  const nothing = { gamma: null, trainingGamma: null, widthGamma: null, causes: [] };
  try {
    const { stack, input, undescribed } = describeStack(model, inputs);
    if (stack === null) return { ...nothing, told: stoppedBy(undescribed[0]) };
    const gammaOf = (training: boolean) => meanField(stack, { ...input, training }).at(-1)!.gamma;
    const [gamma, trainingGamma] = [gammaOf(false), gammaOf(true)];
    const causes = causesOf({ stack, input: { ...input, training: false } });
    const other = trainingGamma === gamma ? null : trainingGamma;
    const { directions } = input;
    const hidden = typeof directions === 'number' ? directionsOf(stack, { ...input, directions }) : null;
    const widthGamma = hidden === null ? null : gammaOfWidth(hidden, classes);
    return { gamma, trainingGamma: other, widthGamma, causes, told: reasons(gamma, causes) };
  } catch (error) {
    return { ...nothing, told: `Theory says nothing here: ${error instanceof Error ? error.message : error}` };
  }
}

function stoppedBy(first: Undescribed | undefined): string {
  if (first === undefined) return 'Theory can not describe this model.';
  // Mostly the reason begins with the name of the layer.
  return `Theory stops here: ${first.reason.startsWith(`${first.layer} `) ? 'layer ' : ''}${first.reason}`;
}

function reasons(gamma: number, causes: readonly GuessCauseFound[]): string {
  const [first, ...more] = causes.slice(0, NAMED).map((cause) => `with ${changeOf(cause)} ${shown(cause.without)}`);
  if (gamma < NO_BIAS) return 'By theory the guesses of this architecture are not biased.';
  if (first === undefined) return `By theory gamma is ${shown(gamma)}, and no single change would make it smaller.`;
  const rest = more.length > 0 ? `, ${more.join(', ')}` : '';
  return `Why, by theory: gamma is ${shown(gamma)}; ${first}${rest}.`;
}

/** What was changed to find a cause, as it stands behind "with". */
export function changeOf({ cause, instead, activations }: GuessCauseFound): string {
  switch (cause) {
    case 'activation':
      return `${instead} in place of ${activations.join(', ')}`;
    case 'maxPooling':
      return `${instead} in place of max-pooling`;
    case 'averagePooling':
      return `${instead} in place of average pooling`;
    default:
      return instead;
  }
}

function shown(gamma: number): string {
  return gamma < NO_BIAS ? '0' : String(Number(gamma.toPrecision(2)));
}
