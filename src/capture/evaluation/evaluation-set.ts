import type { ModelLike, TensorData, TensorLike, TfLike } from '../../tf.ts';
import { UsageError } from '../../usage-error.ts';
import { withInputsOf } from '../engine/classifier-input.ts';
import { lossFunctionsOf, regularisationOf } from '../engine/model.ts';
import { lossNameOf } from '../engine/model-outputs.ts';
import { keepClone, labelTensor, tidy } from '../engine/tensors.ts';
import type { Read } from '../reading/decoder.ts';
import { readLabels } from '../reading/labels.ts';
import { joinedData, type Readback } from '../reading/readback.ts';
import { inOrder } from './batches.ts';

/** Labelled examples kept aside. */
export interface LabelledTensors {
  readonly xs: TensorLike | readonly TensorLike[];
  /** Those of the watched output. */
  readonly ys: TensorLike;
}

/** What the labels are of. */
export interface Labelled {
  readonly classes: number;
  /** Index of the model's output. */
  readonly output: number;
}

/** Examples per forward pass: bounds the memory of activations; the results are those of one pass. */
const SLICE = 512;
/** Values of the inputs up to which a copy in another order is kept: 64 MB. */
const MOST_MIXED = 2 ** 24;

/** What one evaluation gave, still as data of the device's tensors. */
export interface Evaluation {
  readonly outputs: Read;
  readonly losses: Read | null;
  readonly regularisation: number;
  /** What entered the classifier, N x d, row-major, and the classifier's kernel; null where nobody asked or it was not found. */
  readonly features: { readonly values: TensorData; readonly kernel: TensorData } | null;
}

/** A fixed set on which the network is evaluated now and then, in evaluation mode. */
export class EvaluationSet {
  readonly name: string;
  readonly labels: Read;
  private readonly tf: TfLike;
  private readonly xs: readonly TensorLike[];
  private readonly ys: TensorLike;
  private readonly of: Labelled;
  private inOrder: readonly TensorLike[] | null = null;

  /** Keeps handles of its own on the tensors. Rejects with a UsageError if the labels don't fit the classes. */
  static async open(tf: TfLike, name: string, tensors: LabelledTensors, of: Labelled): Promise<EvaluationSet> {
    checkTensors(name, tensors.xs, tensors.ys);
    const labels = { data: await tensors.ys.data(), shape: tensors.ys.shape };
    checkLabels(name, labels, of.classes);
    return new EvaluationSet(tf, name, tensors, labels, of);
  }

  private constructor(tf: TfLike, name: string, { xs, ys }: LabelledTensors, labels: Read, of: Labelled) {
    this.tf = tf;
    this.of = of;
    this.name = name;
    this.labels = labels;
    this.xs = [xs].flat().map((tensor) => keepClone(tf, tensor as TensorLike));
    this.ys = keepClone(tf, ys);
  }

  get size(): number {
    return this.ys.shape[0]!;
  }

  /** Lent: the set disposes of them. */
  get inputs(): readonly TensorLike[] {
    return this.xs;
  }

  /**
   * The inputs in another order, lent and kept until `forgetMixed`: to gather them takes longer than a small model's pass. Null where there are too
   * many values to have them twice.
   */
  mixed(order: Int32Array): readonly TensorLike[] | null {
    if (this.xs.reduce((sum, { size }) => sum + size, 0) > MOST_MIXED) return null;
    this.inOrder ??= tidy(this.tf, () => this.xs.map((x) => keepClone(this.tf, inOrder(this.tf, x, order))));
    return this.inOrder;
  }

  forgetMixed(): void {
    for (const tensor of this.inOrder ?? []) tensor.dispose();
    this.inOrder = null;
  }

  /** Index of the output that the labels are of. */
  get output(): number {
    return this.of.output;
  }

  dispose(): void {
    this.forgetMixed();
    for (const tensor of [...this.xs, this.ys]) tensor.dispose();
  }

  /**
   * One pass over all examples. `predict`: the user's own, else the model's; `kernel`: of the classifier whose inputs are wanted, too. Null:
   * the device is busy, try later.
   */
  evaluate(
    model: ModelLike | null,
    predict: ((xs: never) => unknown) | null,
    kernel: TensorLike | null,
    readback: Readback,
  ): Evaluation | Promise<Evaluation> | null {
    return tidy(this.tf, () => {
      const [outputs, inputs] = withInputsOf(this.tf, kernel, () => this.outputsOf(model, predict));
      try {
        const losses = model === null ? null : this.lossesOf(model, outputs);
        const regularisation = model === null ? null : regularisationOf(model);
        const features = this.fitting(inputs, kernel);
        const tensors = [outputs, losses, regularisation, ...features].filter((tensor) => tensor !== null);
        const shapes = tensors.map((tensor) => tensor.shape.slice());
        const reading = readback.read(tensors);
        const parts = { losses: losses !== null, regularisation: regularisation !== null };
        const finish = (data: readonly TensorData[]) => assemble(data, shapes, parts);
        return reading === null || Array.isArray(reading) ? reading && finish(reading) : reading.then(finish);
      } finally {
        for (const input of inputs) input.dispose();
      }
    });
  }

  /** The kernel and its inputs, slice after slice; nothing unless they are one row for each example. */
  private fitting(inputs: readonly TensorLike[], kernel: TensorLike | null): readonly TensorLike[] {
    if (kernel === null) return [];
    const values = inputs.reduce((sum, { size }) => sum + size, 0);
    return values === this.size * kernel.shape[0]! ? [kernel, ...inputs] : [];
  }

  /** Losses by the model's own function, with the labels in the form that it takes; the user may have brought another. */
  private lossesOf(model: ModelLike, outputs: TensorLike): TensorLike | null {
    const { classes, output } = this.of;
    const loss = lossFunctionsOf(model)?.[output];
    if (loss === undefined) return null;
    const columns = outputs.shape.at(-1)!;
    const read = readLabels(this.labels.data, this.labels.shape, classes)!;
    const name = lossNameOf(model, output);
    if (name === null) return loss(this.ys, outputs);
    const form = columns === 1 ? 'column' : name === 'sparseCategoricalCrossentropy' ? 'indices' : 'one-hot';
    // Labels that fit are taken as they are: soft ones would lose by a detour.
    const fits = this.ys.shape.at(-1) === columns && this.ys.shape.length === 2 && form !== 'indices';
    return loss(fits ? this.ys : labelTensor(this.tf, read.labels, form, columns), outputs);
  }

  private outputsOf(model: ModelLike | null, predict: ((xs: never) => unknown) | null): TensorLike {
    const xs = (this.xs.length === 1 ? this.xs[0]! : this.xs) as never;
    const outputs = predict ? predict(xs) : model!.predict(xs, { batchSize: SLICE } as never);
    if (!Array.isArray(outputs)) return outputs as TensorLike;
    const own: TensorLike | undefined = outputs[this.of.output];
    if (own !== undefined) return own;
    throw new Error(
      `Expected predict to give output ${this.of.output} of the model, got ${outputs.length} in all: return every output, or that one alone.`,
    );
  }
}

/** Opens sets by their names; where one can't be, none is. */
export async function openSets(
  tf: TfLike,
  named: { readonly [name: string]: LabelledTensors },
  of: Labelled,
): Promise<EvaluationSet[]> {
  const sets: EvaluationSet[] = [];
  try {
    for (const [name, tensors] of Object.entries(named)) sets.push(await EvaluationSet.open(tf, name, tensors, of));
    return sets;
  } catch (error) {
    for (const set of sets) set.dispose();
    throw error;
  }
}

function assemble(
  [outputs, ...rest]: readonly TensorData[],
  [shape, ...shapes]: readonly number[][],
  has: { readonly losses: boolean; readonly regularisation: boolean },
): Evaluation {
  const losses = has.losses ? { data: rest.shift()!, shape: shapes[0]! } : null;
  const regularisation = has.regularisation ? rest.shift()![0]! : 0;
  const [kernel, ...features] = rest;
  return {
    outputs: { data: outputs!, shape: shape! },
    losses,
    regularisation,
    features: kernel === undefined ? null : { values: joinedData(features), kernel },
  };
}

function checkTensors(name: string, xs: LabelledTensors['xs'], ys: TensorLike): void {
  if (Array.isArray(ys)) {
    throw new UsageError(
      `Expected the labels of ${name} as one tensor, got a list of ${ys.length}: pass those of the watched output alone.`,
    );
  }
  const inputs = [xs].flat() as (TensorLike | undefined)[];
  for (const tensor of [...inputs, ys]) {
    if (typeof tensor?.dataSync !== 'function' || tensor.isDisposed) {
      throw new UsageError(
        `Expected ${name}: { xs, ys } with live tensors, got ${tensor?.isDisposed ? 'a disposed tensor' : typeof tensor}: pass tensors and keep them until watch returns.`,
      );
    }
  }
  const counts = inputs.map((tensor) => tensor!.shape[0]);
  if (counts.some((count) => count !== ys.shape[0]) || ys.shape[0] === 0) {
    throw new UsageError(
      `Expected as many inputs as labels in ${name}, at least one, got ${counts.join(', ')} inputs and ${ys.shape[0]} labels.`,
    );
  }
}

function checkLabels(name: string, labels: Read, classes: number): void {
  const read = readLabels(labels.data, labels.shape, classes);
  if (read === null) {
    throw new UsageError(
      `Expected the labels of ${name} as [examples, ${classes}] (one-hot) or [examples] (class indices), got shape [${labels.shape.join(', ')}]: check numClasses or classNames.`,
    );
  }
  if (read.stray !== null) {
    throw new UsageError(
      `Expected the labels of ${name} to be classes 0 to ${classes - 1}, got ${read.stray}: name all classes in classNames, or mend the labels.`,
    );
  }
}
