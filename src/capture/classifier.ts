import type { ModelLike, TensorLike } from '../tf.ts';
import { innerModel } from './engine/model.ts';
import type { OutputKind } from './outputs.ts';

/** The last dense layer: kernel d x C (tfjs stores a class as a column). */
export interface Classifier {
  readonly kernel: TensorLike;
}

interface LayerLike {
  getClassName(): string;
  readonly activation?: { getClassName(): string };
  readonly weights?: readonly { read(): TensorLike }[];
}

/** Layers that may stand behind the classifier without being one: they act on each logit or only rename shapes. */
const PASS_THROUGH = new Set(['Activation', 'Softmax', 'Flatten', 'Reshape', 'Dropout']);

/** Finds the classifier of a LayersModel: its last dense layer with one unit per class (or one unit for two classes). */
export function findClassifier(model: ModelLike, classes: number): Classifier | null {
  const layers = innerModel(model).layers as LayerLike[];
  for (let i = layers.length - 1; i >= 0; i--) {
    const layer = layers[i]!;
    const name = layer.getClassName();
    if (name === 'Dense') return fitting(layer, classes);
    if (!PASS_THROUGH.has(name)) return null;
  }
  return null;
}

function fitting(layer: LayerLike, classes: number): Classifier | null {
  const kernel = layer.weights?.[0]?.read();
  const units = kernel?.shape.at(-1);
  return kernel !== undefined && units === classes ? { kernel } : null;
}

/**
 * What a LayersModel puts out, told by its last layer: softmax and sigmoid give probabilities, no activation gives logits.
 * 'auto' where the last layer does not tell.
 */
export function outputKindOf(model: ModelLike): OutputKind | 'auto' {
  const last = innerModel(model).layers.at(-1) as LayerLike | undefined;
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
