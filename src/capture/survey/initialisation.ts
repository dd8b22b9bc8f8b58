import { argmaxRows } from '../../stats/argmax.ts';
import { type ColumnMoments, nodeMoments } from '../../stats/node-moments.ts';
import type { ModelLike, TensorData, TensorLike, TfLike } from '../../tf.ts';
import { generator } from '../../theory/generator.ts';
import { UsageError } from '../../usage-error.ts';
import { confined, withoutKept } from '../engine/confinement.ts';
import { disposeModel, exposeLogits, inputShapesOf, isLayersModel, outputOf, parametersOf } from '../engine/copy.ts';
import { variablesOf } from '../engine/model.ts';
import { keepClone } from '../engine/tensors.ts';
import { inBatches, shuffled } from '../evaluation/batches.ts';
import { differsInTraining } from '../evaluation/training-mode.ts';
import { guessOutputKind } from '../reading/outputs.ts';
import { quietly, withRandom } from '../seeded-random.ts';
import { checkShapes } from './options.ts';

/** Makes a model with new weights; called while Math.random is `random`. */
export type Maker = (random: () => number) => ModelLike;

/** What one initialisation guesses in one mode. */
export interface Guesses extends ColumnMoments {
  /** Share of the inputs for each class. */
  readonly fractions: readonly number[];
}

export interface Initialisation {
  readonly evaluation: Guesses;
  /** Null where no layer differs in training. */
  readonly training: Guesses | null;
  /** Outputs in evaluation mode for the first inputs; null where all inputs get the same. */
  readonly fingerprint: string | null;
}

export interface InitialisationInput {
  readonly make: Maker;
  readonly xs: readonly TensorLike[];
  readonly seed: number;
  readonly batchSize: number;
  readonly maxParameters: number;
}

/**
 * Builds one model, asks for its guesses in both modes, and disposes of it. Evaluation comes first: the training mode moves the statistics of
 * BatchNorm. Rejects with a UsageError where the model is none, has other inputs or outputs, or gives no finite numbers.
 */
export async function initialise(tf: TfLike, input: InitialisationInput): Promise<Initialisation> {
  const random = generator(input.seed);
  const outputs = withRandom(random, () =>
    confined(tf, (isNew) => {
      const model = quietly(() => input.make(random));
      checkMade(model, input, isNew);
      const knowsLogits = exposeLogits(model);
      const modes = differsInTraining(model) ? [false, true] : [false];
      const batch = inputShapesOf(model)[0]?.[0] ?? null;
      const made = withoutKept(tf, () => modes.map((training) => forward(tf, model, input, batch, training)));
      disposeModel(model);
      const columns = columnsOf(made[0]!);
      return made.map((tensor) => ({ tensor: keepClone(tf, tensor), columns, knowsLogits }));
    }),
  );
  try {
    const data = await Promise.all(outputs.map(({ tensor }) => tensor.data()));
    const { columns, knowsLogits } = outputs[0]!;
    const scores = data.map((values) => scoresOf(values, columns, knowsLogits));
    const [evaluation, training = null] = scores.map((values) => guessesOf(values, columns));
    const varies = evaluation!.within > 0;
    return { evaluation: evaluation!, training, fingerprint: varies ? scores[0]!.slice(0, 64).join() : null };
  } finally {
    for (const { tensor } of outputs) tensor.dispose();
  }
}

function checkMade(model: unknown, { xs, maxParameters }: InitialisationInput, isNew: (variable: object) => boolean) {
  if (!isLayersModel(model)) {
    const got = model instanceof Promise ? 'a promise' : model === null ? 'null' : typeof model;
    throw new UsageError(`Expected the function given as model to return a LayersModel at once, got ${got}.`);
  }
  const weights = variablesOf(model);
  if (weights.some((weight) => !isNew(weight) || (weight as TensorLike).isDisposed)) {
    throw new UsageError(
      'Expected the function given as model to build a new model at each call, got one that was there before: its layers must be made inside.',
    );
  }
  checkShapes(xs, inputShapesOf(model));
  checkSize(model, maxParameters);
}

/** Throws a UsageError for a model of more parameters. */
export function checkSize(model: ModelLike, maxParameters: number): void {
  const parameters = parametersOf(model);
  if (parameters <= maxParameters) return;
  throw new UsageError(`Expected a model of at most ${maxParameters} parameters (maxParameters), got ${parameters}.`);
}

function forward(
  tf: TfLike,
  model: ModelLike,
  { xs, batchSize }: InitialisationInput,
  fixed: number | null,
  training: boolean,
): TensorLike {
  const examples = xs[0]!.shape[0]!;
  const batches = fixed === null ? Math.ceil(examples / batchSize) : examples / fixed;
  // Inputs that are sorted by class would be normalized class by class.
  const order = training && batches > 1 ? shuffled(examples) : null;
  return inBatches(tf, xs, { batches, order }, (batch) => outputOf(model, batch, training));
}

function columnsOf({ shape }: TensorLike): number {
  if (shape.length === 2) return shape[1]!;
  throw new UsageError(`Expected a model with outputs of shape [any, classes], got [${shape.join(', ')}].`);
}

/** Smallest probability whose logarithm is taken: float32 knows no smaller normal one. */
const LEAST = 1e-38;

/** Logits, up to what all classes have in common. */
function scoresOf(
  values: TensorData,
  columns: number,
  knowsLogits: boolean,
): ArrayLike<number> & { slice: TensorData['slice'] } {
  if (knowsLogits || guessOutputKind(values, columns) === 'logits') return values;
  const log = (p: number) => Math.log(Math.max(p, LEAST));
  return Float32Array.from(values, columns === 1 ? (p) => log(p) - log(1 - p) : log);
}

function guessesOf(scores: ArrayLike<number>, columns: number): Guesses {
  const moments = nodeMoments(scores, columns);
  if (!Number.isFinite(moments.within)) {
    throw new UsageError(
      'Expected finite outputs of the untrained model, got NaN or Infinity: check the inputs and their scale.',
    );
  }
  const counts = Array<number>(Math.max(2, columns)).fill(0);
  const examples = scores.length / columns;
  if (columns === 1) for (let i = 0; i < examples; i++) counts[scores[i]! > 0 ? 1 : 0]!++;
  else for (const guess of argmaxRows(scores, columns)) counts[guess]!++;
  return { ...moments, fractions: counts.map((count) => count / examples) };
}
