import { tf } from './tensorflow.ts';

/**
 * The class gradients of a training step by their definition, slowly: every group of examples gets a copy of all
 * weights of its own, every layer runs once per group, and each example goes on with what the copies of its group gave.
 * What the whole batch shares, as the statistics of batch normalization, comes from the whole batch in every run.
 */

type Layer = tf.layers.Layer;
type Tensors = tf.Tensor | tf.Tensor[];
export type Loss = (labels: tf.Tensor, predictions: tf.Tensor) => tf.Tensor;

/** The batch of one step, as the model takes it. */
export interface LabelledBatch {
  /** One tensor per input. */
  readonly xs: tf.Tensor[];
  /** One tensor per output, in the form that the losses want. */
  readonly ys: tf.Tensor[];
  /** Class of every example by the watched output; one outside of 0 ... classes-1 is of no class. */
  readonly labels: readonly number[];
  /** Factor of every example in the loss (class or sample weights); 1 where nothing is said. */
  readonly weights?: readonly number[];
}

/** Gradients of one trainable weight, flat and row-major as the weight: one per group of examples. */
export interface WeightGradients {
  readonly name: string;
  /** Name of the layer that holds it: the innermost one that a model lists. */
  readonly layer: string;
  readonly gradients: readonly Float32Array[];
}

/** Figures as in ClassGradients, of all classes. */
export interface ClassReference {
  /** <g_a, g_b>, classes x classes; 0 where a class is absent. */
  readonly gram: number[][];
  /** <g_c, g>, where g holds the examples of no class, too. */
  readonly along: number[];
  /** |g|^2. */
  readonly total: number;
  /** The same of every weight by itself. */
  readonly weights: readonly WeightReference[];
}

/** `gradients` has one per class, and a last one of the examples of no class. */
export interface WeightReference extends WeightGradients {
  readonly gram: number[][];
  readonly along: number[];
  readonly total: number;
}

/** Class Gram of the loss of a compiled model over one batch, without regularisers. Leaves the model as it was. */
export function classGramByCopies(model: tf.LayersModel, batch: LabelledBatch, classes: number): ClassReference {
  const groups = batch.labels.map((label) => (label >= 0 && label < classes ? label : classes));
  const weights = gradientsByCopies(model, batch, groups, classes + 1).map((weight) => ({
    ...weight,
    ...gramOf(weight.gradients, classes),
  }));
  const gram = square(classes, (a, b) => sum(weights.map((weight) => weight.gram[a]![b]!)));
  const along = gram.map((_, c) => sum(weights.map((weight) => weight.along[c]!)));
  return { gram, along, total: sum(weights.map(({ total }) => total)), weights };
}

/** |g_i|^2 of every example of the batch over all weights. Memory grows with batch x weights. */
export function exampleSquares(model: tf.LayersModel, batch: LabelledBatch): number[] {
  const each = batch.labels.map((_, i) => i);
  const weights = gradientsByCopies(model, batch, each, each.length);
  return each.map((i) => sum(weights.map(({ gradients }) => dot(gradients[i]!, gradients[i]!))));
}

/** Gradient of the loss by every group's copies of the weights; `groups[i]`, below `count`, is that of example i. */
export function gradientsByCopies(
  model: tf.LayersModel,
  batch: LabelledBatch,
  groups: readonly number[],
  count: number,
): WeightGradients[] {
  const variables = [...new Set(model.trainableWeights)] as unknown as Swappable[];
  const states = model.weights.map((weight) => weight.read().clone());
  const present = [...new Set(groups)];
  const copies = new Copies(variables, present.length);
  const members = groups.map((group) => present.indexOf(group));
  const restore = unitsOf(model).map((layer) => runPerGroup(layer, members, copies));
  try {
    const { value, grads } = tf.variableGrads(() => lossOf(model, batch), copies.values.flat());
    const owners = ownersOf(model);
    const result = variables.map((variable, i) => {
      const gradients = Array.from({ length: count }, () => new Float32Array(variable.val.size));
      present.forEach((group, member) => {
        gradients[group]!.set(grads[copies.values[i]![member]!.name]?.dataSync() ?? []);
      });
      return { name: variable.name, layer: owners.get(variable) ?? variable.name, gradients };
    });
    tf.dispose([value, grads]);
    return result;
  } finally {
    for (const undo of restore) undo();
    // The runs above moved the moving statistics once per group.
    model.weights.forEach((weight, i) => {
      weight.write(states[i]!);
    });
    tf.dispose([...copies.values.flat(), ...states]);
  }
}

/** What fit minimises, regularisers left out: the mean of the weighted losses of all examples, over all outputs. */
export function lossOf(model: tf.LayersModel, { xs, ys, weights }: LabelledBatch): tf.Scalar {
  // A Sequential hands its training on to a model of its own.
  const { lossFunctions } = ((model as { model?: object }).model ?? model) as { lossFunctions: readonly Loss[] };
  const outputs = list(model.apply(xs, { training: true }) as Tensors);
  const losses = lossFunctions.map((loss, i) => {
    const values = loss(ys[i]!, outputs[i]!);
    return weights === undefined ? values : tf.mul(values, tf.tensor1d([...weights]));
  });
  return tf.mean(losses.reduce((a, b) => tf.add(a, b))) as tf.Scalar;
}

/** <a, b> in double precision. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let result = 0;
  for (let i = 0; i < a.length; i++) result += a[i]! * b[i]!;
  return result;
}

/** The field of a LayerVariable that it reads from. */
interface Swappable {
  readonly name: string;
  val: tf.Variable;
}

/** Copies of all trainable weights, one of each per group. */
class Copies {
  readonly values: readonly tf.Variable[][];
  private readonly variables: readonly Swappable[];
  private readonly own: readonly tf.Variable[];
  private readonly count: number;
  private busy = false;

  constructor(variables: readonly Swappable[], count: number) {
    this.variables = variables;
    this.count = count;
    this.own = variables.map(({ val }) => val);
    this.values = this.own.map((value) => Array.from({ length: count }, () => tf.variable(value)));
  }

  /** What `run` gives with the copies of one group after the other; null inside of such a run. */
  each<T>(run: () => T): T[] | null {
    if (this.busy) return null;
    this.busy = true;
    try {
      return Array.from({ length: this.count }, (_, group) => {
        this.select(this.values.map((copies) => copies[group]!));
        return run();
      });
    } finally {
      this.select(this.own);
      this.busy = false;
    }
  }

  private select(values: readonly tf.Variable[]): void {
    this.variables.forEach((variable, i) => {
      variable.val = values[i]!;
    });
  }
}

/** Makes a layer run once per group; what it calls, and weights that it borrows, go with it. Returns the way back. */
function runPerGroup(layer: Layer, groups: readonly number[], copies: Copies): () => void {
  const { call } = layer;
  layer.call = (inputs, kwargs) => {
    const run = () => call.call(layer, inputs, kwargs);
    const runs = copies.each(run);
    if (runs === null) return run();
    const outputs = list(runs[0]!).map((_, i) => {
      const output = runs.map((one) => list(one)[i]!);
      return pick(output, groups);
    });
    return Array.isArray(runs[0]) ? outputs : outputs[0]!;
  };
  // The method is that of the prototype.
  return () => delete (layer as { call?: unknown }).call;
}

/** The examples of each group, from the run of that group. */
function pick(runs: readonly tf.Tensor[], groups: readonly number[]): tf.Tensor {
  return tf.addN(
    runs.map((run, group) => {
      const mask = groups.map((of) => (of === group ? 1 : 0));
      return tf.mul(run, tf.tensor(mask, [groups.length, ...run.shape.slice(1).map(() => 1)]));
    }),
  );
}

const layersIn = (layer: object) => (layer as { layers?: Layer[] }).layers;

/** Layers that can run as a whole: in them, no example enters another one's copies. */
function unitsOf(model: object): Layer[] {
  const units = layersIn(model)!.flatMap((layer) => (layersIn(layer) ? unitsOf(layer) : [layer]));
  const mixing = units.find(
    (layer) => layer.getClassName() !== 'BatchNormalization' && layer.nonTrainableWeights.some(isStatistic),
  );
  if (mixing) {
    throw new Error(
      `Expected batch normalization to stand by itself, got it inside of ${mixing.name}: its statistics ` +
        'would be those of one copy of the weights. Take the layer apart.',
    );
  }
  return [...new Set(units)];
}

const isStatistic = ({ name }: tf.LayerVariable) => /moving_(mean|variance)/.test(name);

function ownersOf(model: object): Map<object, string> {
  const owners = layersIn(model)!.flatMap((layer): [object, string][] =>
    layersIn(layer) ? [...ownersOf(layer)] : layer.weights.map((weight) => [weight, layer.name]),
  );
  // The first layer that lists a weight is its owner.
  return new Map(owners.reverse());
}

function gramOf(gradients: readonly Float32Array[], classes: number) {
  const full = Float64Array.from(gradients[0]!, (_, i) => sum(gradients.map((gradient) => gradient[i]!)));
  return {
    gram: square(classes, (a, b) => dot(gradients[a]!, gradients[b]!)),
    along: gradients.slice(0, classes).map((gradient) => dot(gradient, full)),
    total: dot(full, full),
  };
}

const square = (size: number, entry: (a: number, b: number) => number) =>
  Array.from({ length: size }, (_, a) => Array.from({ length: size }, (_, b) => entry(a, b)));
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const list = (tensors: Tensors) => (Array.isArray(tensors) ? tensors : [tensors]);
