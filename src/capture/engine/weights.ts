/**
 * - `layer.weights[i].originalName`: the layer's name and what the weight is, such as `dense_1/kernel`; `read()` its variable.
 * - `layer.trainable`: false where the layer is frozen.
 * - `optimizer.iterations`: updates that it has made. Public, undocumented.
 */
import type { ModelLike, TensorLike } from '../../tf.ts';
import type { InitializerLike } from '../stack/initializer.ts';
import { layersWithin } from './copy.ts';
import { innerModel, optimizerOf } from './model.ts';

/** One weight of one layer, and how the layer says that it begins. */
export interface InitialWeight {
  readonly layer: string;
  /** What it is to its layer: kernel, bias, moving_mean and so on. */
  readonly kind: string;
  readonly variable: TensorLike;
  /** Null where the layer does not tell. */
  readonly initializer: InitializerLike | null;
}

interface LayerLike {
  readonly name?: string;
  readonly trainable?: boolean;
  readonly weights?: readonly { readonly originalName?: string; read(): TensorLike }[];
  getConfig?(): Readonly<Record<string, unknown>>;
}

/** Under which name the configuration of a layer has the initialiser of a weight. */
const INITIALIZERS: Readonly<Record<string, string>> = {
  kernel: 'kernelInitializer',
  bias: 'biasInitializer',
  recurrent_kernel: 'recurrentInitializer',
  depthwise_kernel: 'depthwiseInitializer',
  pointwise_kernel: 'pointwiseInitializer',
  embeddings: 'embeddingsInitializer',
  alpha: 'alphaInitializer',
  gamma: 'gammaInitializer',
  beta: 'betaInitializer',
  moving_mean: 'movingMeanInitializer',
  moving_variance: 'movingVarianceInitializer',
};

/** Every weight of every layer, those inside of layers too; a wrapper lists those of what it wraps once more, without initialisers. */
export function initialWeightsOf(model: ModelLike): InitialWeight[] {
  return (layersWithin(innerModel(model).layers) as LayerLike[]).flatMap((layer) => {
    const config = configOf(layer);
    return (layer.weights ?? []).map((weight) => {
      const kind = weight.originalName?.split('/').at(-1) ?? '';
      return {
        layer: String(layer.name),
        kind,
        variable: weight.read(),
        initializer: initializerOf(config, kind),
      };
    });
  });
}

/** Names of the layers with weights that training leaves as they are. */
export function frozenLayersOf(model: ModelLike): string[] {
  const layers = layersWithin(innerModel(model).layers) as LayerLike[];
  return layers
    .filter(({ trainable, weights }) => trainable === false && (weights?.length ?? 0) > 0)
    .map(({ name }) => String(name));
}

/** Updates that the optimizer of a compiled model has made; 0 before compile. */
export function updatesOf(model: ModelLike): number {
  const { iterations } = (optimizerOf(model) ?? {}) as { iterations?: unknown };
  return typeof iterations === 'number' ? iterations : 0;
}

function initializerOf(config: Readonly<Record<string, unknown>>, kind: string): InitializerLike | null {
  // The forget gate of such a bias begins at 1, whatever its initialiser says.
  if (kind === 'bias' && config.unitForgetBias === true) return null;
  const initializer = Object.hasOwn(INITIALIZERS, kind) ? config[INITIALIZERS[kind]!] : null;
  return typeof initializer === 'object' ? (initializer as InitializerLike | null) : null;
}

/** A layer of the user's own may throw here; then it is as good as one that tells nothing. */
function configOf(layer: LayerLike): Readonly<Record<string, unknown>> {
  try {
    return layer.getConfig?.() ?? {};
  } catch {
    return {};
  }
}
