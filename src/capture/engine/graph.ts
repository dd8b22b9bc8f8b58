/**
 * The layers of a LayersModel as a graph. It leans on what symbolic tensors of tfjs tell of themselves: `sourceLayer`, `inputs`, `shape`
 * and `outputTensorIndex`; a model that serves as a layer has `inputs` and `outputs` of its own.
 */
import type { ModelLike } from '../../tf.ts';

/** One call of one layer. */
export interface GraphNode {
  /** The layer itself, to tell whether two calls share their weights. */
  readonly layer: object;
  readonly name: string;
  readonly className: string;
  /** What `getConfig` tells; empty where it tells nothing. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Shapes of its weights, in the order in which the layer made them. */
  readonly weights: readonly (readonly number[])[];
  readonly inputs: readonly GraphNode[];
  /** Shape of what comes out, with the batch first; null where a length is free. */
  readonly shape: readonly (number | null)[];
}

interface SymbolicTensorLike {
  readonly sourceLayer: LayerLike;
  readonly inputs?: SymbolicTensorLike | readonly SymbolicTensorLike[] | null;
  readonly outputTensorIndex?: number;
  readonly shape?: readonly (number | null)[];
}

interface LayerLike {
  readonly name?: string;
  readonly weights?: readonly { readonly shape: readonly number[] }[];
  /** Of a model that serves as a layer. */
  readonly layers?: readonly object[];
  readonly inputs?: readonly SymbolicTensorLike[];
  readonly outputs?: readonly SymbolicTensorLike[];
  getClassName(): string;
  getConfig(): Record<string, unknown>;
}

type Known = Map<SymbolicTensorLike, GraphNode>;

/**
 * The call that gives the model's first output, with all that leads there; models that serve as layers are opened. Null for a model that
 * has no output, or is not made of layers.
 */
export function outputNodeOf(model: ModelLike): GraphNode | null {
  const { outputs, layers } = model as Partial<LayerLike>;
  const output = Array.isArray(layers) ? outputs?.[0] : undefined;
  return output === undefined ? null : nodeOf(output, new Map());
}

function nodeOf(tensor: SymbolicTensorLike, known: Known): GraphNode {
  const old = known.get(tensor);
  if (old !== undefined) return old;
  const { sourceLayer: layer } = tensor;
  const inputs = listOf(tensor.inputs).map((input) => nodeOf(input, known));
  const node = isModel(layer) ? insideOf(layer, tensor, inputs) : plainNode(layer, tensor, inputs);
  known.set(tensor, node);
  return node;
}

function listOf(inputs: SymbolicTensorLike['inputs']): readonly SymbolicTensorLike[] {
  if (inputs === undefined || inputs === null) return [];
  return Array.isArray(inputs) ? inputs : [inputs as SymbolicTensorLike];
}

function isModel(layer: LayerLike): boolean {
  return Array.isArray(layer.layers) && Array.isArray(layer.outputs) && Array.isArray(layer.inputs);
}

/** What gives this output within the model, when its inputs are what it was called on. */
function insideOf(model: LayerLike, tensor: SymbolicTensorLike, called: readonly GraphNode[]): GraphNode {
  const known: Known = new Map();
  called.forEach((node, i) => {
    const input = model.inputs![i];
    if (input !== undefined) known.set(input, node);
  });
  return nodeOf(model.outputs![tensor.outputTensorIndex ?? 0] ?? model.outputs![0]!, known);
}

function plainNode(layer: LayerLike, tensor: SymbolicTensorLike, inputs: readonly GraphNode[]): GraphNode {
  return {
    layer,
    name: String(layer.name),
    className: layer.getClassName(),
    config: configOf(layer),
    weights: (layer.weights ?? []).map(({ shape }) => shape),
    inputs,
    shape: tensor.shape ?? [],
  };
}

/** A layer of the user's own may throw here; then it is as good as one that tells nothing. */
function configOf(layer: LayerLike): Record<string, unknown> {
  try {
    return layer.getConfig() ?? {};
  } catch {
    return {};
  }
}
