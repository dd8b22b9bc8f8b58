import type { ModelLike, TensorLike } from '../tf.ts';
import { type LayerLike, layersBehind } from './engine/model-outputs.ts';
import type { OutputKind } from './reading/outputs.ts';

/** The last dense layer before an output: kernel d x C (tfjs stores a class as a column). */
export interface Classifier {
  readonly kernel: TensorLike;
  /**
   * lambda_W, where its regulariser adds lambda_W / 2 |W|^2 to the loss (tfjs `l2(lambda)`: 2 lambda); 0 without one; null for a regulariser of
   * another kind.
   */
  readonly weightDecay: number | null;
  readonly hasBias: boolean;
}

/** Layers that may stand behind the classifier without being one: they act on each logit or only rename shapes. */
export const PASS_THROUGH = new Set(['Activation', 'Softmax', 'Flatten', 'Reshape', 'Dropout']);

/** Finds the classifier of a LayersModel: the last dense layer that leads to the output, with one unit per class. */
export function findClassifier(model: ModelLike, output: number, classes: number): Classifier | null {
  for (const layer of layersBehind(model, output)) {
    const name = layer.getClassName();
    if (name === 'Dense') return fitting(layer, classes);
    if (!PASS_THROUGH.has(name)) return null;
  }
  return null;
}

function fitting(layer: LayerLike, classes: number): Classifier | null {
  const kernel = layer.weights?.[0]?.read();
  const units = kernel?.shape.at(-1);
  if (kernel === undefined || units !== classes) return null;
  return { kernel, weightDecay: weightDecayOf(layer), hasBias: layer.weights!.length > 1 };
}

function weightDecayOf({ kernelRegularizer }: LayerLike): number | null {
  if (kernelRegularizer === undefined || kernelRegularizer === null) return 0;
  const { l1, l2 } = kernelRegularizer as { readonly l1?: unknown; readonly l2?: unknown };
  return l1 === 0 && typeof l2 === 'number' && l2 >= 0 ? 2 * l2 : null;
}

/**
 * What a LayersModel puts out there, told by the last layer: softmax and sigmoid give probabilities, no activation gives logits.
 * 'auto' where the last layer does not tell.
 */
export function outputKindOf(model: ModelLike, output: number): OutputKind | 'auto' {
  const [last] = layersBehind(model, output);
  if (last?.getClassName() === 'Softmax') return 'probabilities';
  const activation = last?.activation?.getClassName();
  if (activation === 'softmax' || activation === 'sigmoid') return 'probabilities';
  return activation === 'linear' ? 'logits' : 'auto';
}

/** Rows w_c, C x d row-major, from the kernel's data d x C. */
export function classifierRows(kernel: ArrayLike<number>, classes: number): Float32Array {
  const width = kernel.length / classes;
  const rows = new Float32Array(kernel.length);
  for (let j = 0; j < width; j++) {
    for (let c = 0; c < classes; c++) rows[c * width + j] = kernel[j * classes + c]!;
  }
  return rows;
}
