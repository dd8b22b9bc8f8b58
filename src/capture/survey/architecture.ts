/** Changes to a model's configuration, each a copy: what was given is left as it is. */
import { PASS_THROUGH } from '../classifier.ts';

/** What `getConfig` gives of a model or a layer. */
export type Config = { readonly [name: string]: unknown };

interface LayerConfig extends Config {
  readonly className: string;
  readonly config: Config;
}

/** Every `seed` anew, of initialisers as of dropout: a copy with the seeds of the first would be the first again. */
export function reseeded(config: Config, random: () => number): Config {
  const seed = () => 1 + Math.floor(random() * (2 ** 31 - 2));
  const isSeed = (name: string, value: unknown) => name === 'seed' && (value == null || typeof value === 'number');
  return changed(config, (name, value) => (isSeed(name, value) ? { value: seed() } : null)) as Config;
}

/** Activations of which the mean is not 0, as options of a layer. */
const BIASED = new Set(
  'relu relu6 elu selu gelu gelu_new swish mish softplus sigmoid hardSigmoid hard_sigmoid'.split(' '),
);
/** The same as layers. */
const BIASED_LAYERS = new Set(['ReLU', 'LeakyReLU', 'PReLU', 'ELU', 'ThresholdedReLU']);

/** tanh in the place of ReLU and the like, except at the outputs; null where there is none. */
export function withOddActivations(config: Config): Config | null {
  const outputs = outputNames(config);
  let count = 0;
  const odd = changed(config, (_, value) => {
    if (!isLayer(value) || outputs.has(value.config.name)) return null;
    const isBiased = BIASED.has(String(value.config.activation));
    if (!isBiased && !BIASED_LAYERS.has(value.className)) return null;
    count++;
    if (isBiased) return { value: { ...value, config: { ...value.config, activation: 'tanh' } } };
    const { name, batchInputShape } = value.config;
    const shape = batchInputShape === undefined ? {} : { batchInputShape };
    return { value: { ...value, className: 'Activation', config: { name, ...shape, activation: 'tanh' } } };
  });
  return count === 0 ? null : (odd as Config);
}

/** Activations that are none, or belong to outputs. */
const NEUTRAL = new Set(['undefined', 'null', 'linear', 'softmax', 'logSoftmax']);

/** Layer normalisation after every activation of a plain Sequential; a sentence where that is not to be done. */
export function withNorms(config: Config): Config | string {
  const { layers } = config;
  if (!Array.isArray(layers) || !layers.every(isLayer)) return 'the model is not a Sequential';
  if ('inputLayers' in config || layers.some(hasLayers)) return 'the model is not a plain sequence of layers';
  const outputs = outputNames(config);
  const isActive = ({ className, config: own }: LayerConfig) =>
    !outputs.has(own.name) &&
    (BIASED_LAYERS.has(className) || ('activation' in own && !NEUTRAL.has(String(own.activation))));
  if (!layers.some(isActive)) return 'the model has no activation before its outputs';
  const normed = layers.flatMap((layer, i) => (isActive(layer) ? [layer, norm(i)] : [layer]));
  return changed({ ...config, layers: normed }, () => null) as Config;
}

function norm(place: number): LayerConfig {
  return { className: 'LayerNormalization', config: { name: `classwatch_norm_${place}`, axis: -1 } };
}

function hasLayers({ config }: LayerConfig): boolean {
  return 'layers' in config || 'layer' in config;
}

/** Names of the layers that make the outputs: the last one with weights, and what stands behind it. */
function outputNames(config: Config): Set<unknown> {
  const layers = (Array.isArray(config.layers) ? config.layers : []).filter(isLayer);
  if (Array.isArray(config.outputLayers)) return new Set(config.outputLayers.map((output: unknown[]) => output[0]));
  const last = layers.findLastIndex(({ className }) => !PASS_THROUGH.has(className));
  return new Set(layers.slice(Math.max(0, last)).map((layer) => layer.config.name));
}

function isLayer(value: unknown): value is LayerConfig {
  const { className, config } = (value ?? {}) as Partial<LayerConfig>;
  return typeof className === 'string' && typeof config === 'object' && config !== null && 'name' in config;
}

/** A deep copy in which `change` may replace what it is shown; what is not plain data is taken as it is. */
function changed(
  value: unknown,
  change: (name: string, value: unknown) => { readonly value: unknown } | null,
  name = '',
): unknown {
  const replaced = change(name, value);
  if (replaced !== null) return replaced.value;
  if (Array.isArray(value)) return value.map((one) => changed(one, change));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, changed(one, change, key)]));
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
