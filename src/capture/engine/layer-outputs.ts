/**
 * What each layer of a model puts out in a forward pass.
 *
 * - `layer.call`: `apply` looks it up on the layer each time that it gets tensors, so a function put in front of it sees what comes out.
 *   For one pass only; whatever stood there before is put back.
 * - `layer.layers`, `layer.outputs`: of a model that serves as a layer; its layers are heard, not it.
 * - `model.outputs[i].sourceLayer`: the layer behind an output.
 * - `layer.outputShape`: with the batch first, null where a length is free; throws where a layer is used several times.
 */
import type { ModelLike, TensorLike } from '../../tf.ts';
import { innerModel } from './model.ts';

/** One call of one layer. */
export interface LayerCall {
  /** Its name, after those of the models that it is within; with a number where the layer is called again. */
  readonly name: string;
  readonly className: string;
  /** Of an output of the model its index; else null. */
  readonly output: number | null;
  /** Whether it ends in softmax or sigmoid. */
  readonly givesProbabilities: boolean;
}

interface LayerLike {
  readonly name?: string;
  readonly layers?: readonly LayerLike[];
  readonly outputs?: readonly { readonly sourceLayer: LayerLike }[];
  readonly activation?: { getClassName?(): string } | null;
  getClassName?(): string;
  call(inputs: unknown, args: unknown): TensorLike | TensorLike[];
}

/** Runs `f`, one forward pass of `model`, and calls `hear` with the first output of each layer in the order in which they run. */
export function withLayersHeard<T>(
  model: ModelLike,
  hear: (call: LayerCall, output: TensorLike) => void,
  f: () => T,
): T {
  const root = innerModel(model) as unknown as LayerLike;
  const ends = (root.outputs ?? []).map(({ sourceLayer }) => lastWithin(sourceLayer));
  const covered = new Map<LayerLike, PropertyDescriptor | undefined>();
  const calls = new Map<string, number>();
  const cover = (layer: LayerLike, path: string) => {
    if (covered.has(layer)) return;
    covered.set(layer, Object.getOwnPropertyDescriptor(layer, 'call'));
    const original = layer.call;
    const known = { className: String(layer.getClassName?.()), givesProbabilities: givesProbabilities(layer) };
    const end = ends.indexOf(layer);
    layer.call = (inputs, args) => {
      const result = original.call(layer, inputs, args);
      const times = (calls.get(path) ?? 0) + 1;
      calls.set(path, times);
      const name = times === 1 ? path : `${path} (${times})`;
      hear({ ...known, name, output: end < 0 ? null : end }, Array.isArray(result) ? result[0]! : result);
      return result;
    };
  };
  try {
    for (const [layer, path] of leaves(root, '')) cover(layer, path);
    return f();
  } finally {
    for (const [layer, own] of covered) {
      Reflect.deleteProperty(layer, 'call');
      if (own !== undefined) Object.defineProperty(layer, 'call', own);
    }
  }
}

/** Values that all layers put out together for one example, as far as their shapes are known. */
export function valuesPerExample(model: ModelLike): number {
  const sizes = leaves(innerModel(model) as unknown as LayerLike, '').map(([layer]) => {
    try {
      const shape = [(layer as { outputShape?: unknown }).outputShape].flat(1) as (number | null)[];
      return shape.reduce<number>((size, length) => size * (typeof length === 'number' ? length : 1), 1);
    } catch {
      return 0;
    }
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Layers that are no models, with their paths. */
function leaves(model: LayerLike, path: string): [LayerLike, string][] {
  return (innerModel(model as unknown as ModelLike).layers as unknown as readonly LayerLike[]).flatMap((layer) => {
    const name = `${path}${layer.name}`;
    return isModel(layer) ? leaves(layer, `${name}/`) : [[layer, name] as [LayerLike, string]];
  });
}

function isModel({ layers, outputs }: LayerLike): boolean {
  return Array.isArray(layers) && Array.isArray(outputs);
}

function lastWithin(layer: LayerLike): LayerLike {
  if (!isModel(layer)) return layer;
  const inner = innerModel(layer as unknown as ModelLike) as unknown as LayerLike;
  const end = inner.outputs?.[0]?.sourceLayer;
  return end === undefined ? layer : lastWithin(end);
}

function givesProbabilities(layer: LayerLike): boolean {
  const activation = layer.activation?.getClassName?.();
  return layer.getClassName?.() === 'Softmax' || activation === 'softmax' || activation === 'sigmoid';
}
