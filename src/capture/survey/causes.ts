import type { TensorLike, TfLike } from '../../tf.ts';
import { layersWithin } from '../engine/copy.ts';
import { keepClone, operationsOf } from '../engine/tensors.ts';
import { type Config, withNorms, withOddActivations } from './architecture.ts';
import type { Maker } from './initialisation.ts';
import type { SurveyMode } from './mode.ts';
import { copyMaker, type Template } from './template.ts';

/**
 * The same architecture with one thing changed at a time, in evaluation mode, from the same seeds: a change after which gamma is small names a
 * cause of the bias. Null: not done.
 */
export interface SurveyCauses {
  readonly asIs: SurveyMode;
  /** The mean input subtracted from each. */
  readonly centredInputs: SurveyMode | null;
  /** tanh in the place of ReLU, its kin and sigmoid. */
  readonly oddActivation: SurveyMode | null;
  /** Layer normalisation after each activation, of a plain Sequential. */
  readonly normAfterActivation: SurveyMode | null;
  /** A sentence for each that was not done, and why. */
  readonly notDone: readonly string[];
}

export interface Cause {
  readonly name: 'centredInputs' | 'oddActivation' | 'normAfterActivation';
  readonly make: Maker;
  readonly xs: readonly TensorLike[];
}

export interface Causes {
  readonly possible: readonly Cause[];
  readonly notDone: readonly string[];
  /** Of inputs of its own. */
  dispose(): void;
}

/** What can be tried on a model; `template`: its configuration, or why it can't be copied. */
export function causesOf(tf: TfLike, template: Template | string, make: Maker, xs: readonly TensorLike[]): Causes {
  const own: TensorLike[] = [];
  const notDone: string[] = [];
  const possible: Cause[] = [];
  const attempt = (name: Cause['name'], cause: Omit<Cause, 'name'> | string) => {
    if (typeof cause === 'string') notDone.push(`${name} was not done: ${cause}.`);
    else possible.push({ name, ...cause });
  };
  const changed = (change: (config: Config) => Config | string) => {
    if (typeof template === 'string') return `the model can't be copied by its configuration (${template})`;
    const config = change(template.config);
    return typeof config === 'string' ? config : { make: copyMaker({ ...template, config }), xs };
  };
  if (takesIndices(template, xs)) attempt('centredInputs', 'the inputs are whole numbers that stand for something');
  else {
    own.push(...centred(tf, xs));
    attempt('centredInputs', { make, xs: own });
  }
  attempt(
    'oddActivation',
    changed((config) => withOddActivations(config) ?? 'the model has no activation like ReLU'),
  );
  attempt('normAfterActivation', changed(withNorms));
  return { possible, notDone, dispose: () => own.forEach((tensor) => void tensor.dispose()) };
}

function takesIndices(template: Template | string, xs: readonly TensorLike[]): boolean {
  if (xs.some(({ dtype }) => dtype !== 'float32')) return true;
  if (typeof template === 'string') return false;
  const names = layersWithin(template.like.layers).map((layer) =>
    (layer as { getClassName?(): unknown }).getClassName?.(),
  );
  return names.some((name) => /embedding/i.test(String(name)));
}

function centred(tf: TfLike, xs: readonly TensorLike[]): TensorLike[] {
  const ops = operationsOf(tf);
  return xs.map((x) =>
    ops.tidy(() => keepClone(tf, ops.sub(x, ops.mul(ops.sum(x, 0, true), ops.fill([], 1 / x.shape[0]!))))),
  );
}
