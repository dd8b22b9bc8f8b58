import type { ActivationName } from '../../theory/activations.ts';
import type { Layer, WeightLayer } from '../../theory/stack.ts';
import type { GraphNode } from '../engine/graph.ts';
import { activationOf, type Description, unknownActivation } from './activation.ts';
import { type Draws, drawsOf, type InitializerLike, product } from './initializer.ts';

/** `depthwise`: each unit sees one channel only. */
interface Kernel {
  readonly initializer: string;
  readonly depthwise: boolean;
}

const FULL: Kernel = { initializer: 'kernelInitializer', depthwise: false };
const DEPTHWISE: Kernel = { initializer: 'depthwiseInitializer', depthwise: true };
const POINTWISE: Kernel = { initializer: 'pointwiseInitializer', depthwise: false };

/** The kernels of a layer in the order of its weights; a bias comes after the last. */
const KERNELS: Readonly<Record<string, readonly Kernel[]>> = {
  Dense: [FULL],
  Conv1D: [FULL],
  Conv2D: [FULL],
  Conv3D: [FULL],
  DepthwiseConv2D: [DEPTHWISE],
  SeparableConv2D: [DEPTHWISE, POINTWISE],
};

/** Whether it is a dense layer or a convolution. */
export function hasKernel({ className }: GraphNode): boolean {
  return Object.hasOwn(KERNELS, className);
}

/** Whether it draws weights that mix its inputs. */
export function mixes(node: GraphNode): boolean {
  return hasKernel(node) && (node.config.kernelInitializer as InitializerLike | undefined)?.className !== 'Identity';
}

/** A dense layer or a convolution. The activation of the output layer is left off: guesses are the largest logits. */
export function describeWeights(node: GraphNode, output: boolean): Description {
  const kernels = KERNELS[node.className]!;
  const activation = output ? 'linear' : activationOf(node.config.activation);
  if (activation === null) return unknownActivation(node.config.activation);
  const sb2 = biasOf(node, output);
  if (typeof sb2 === 'string') return sb2;
  const identity = identityOf(node, activation, sb2);
  if (identity !== null) return identity;
  const layers: Layer[] = [];
  for (const [i, kernel] of kernels.entries()) {
    const last = i === kernels.length - 1;
    const layer = kernelLayer(node, kernel, i, last ? activation : 'linear', last ? sb2 : 0);
    if (typeof layer === 'string') return layer;
    layers.push(layer);
  }
  if (output && layers.some((layer) => 'sw2' in layer && layer.sw2 === 0)) return nothingToGuess(sb2);
  return layers;
}

function nothingToGuess(sb2: number): string {
  return sb2 === 0
    ? 'begins with weights of 0: all its logits are equal, and there is nothing to guess by.'
    : 'begins with weights of 0: its logits are its biases, the same for every input.';
}

function kernelLayer(
  { className, config, weights }: GraphNode,
  { initializer, depthwise }: Kernel,
  index: number,
  activation: ActivationName,
  sb2: number,
): WeightLayer | string {
  const shape = weights[index];
  if (shape === undefined) return 'has no weights yet: the model has not been built.';
  const draws = drawsFor(config[initializer], shape);
  if (draws === null) return unknownInitializer(initializer, config[initializer]);
  if (draws.mean !== 0) return `begins with weights of mean ${draws.mean}: theory needs weights that are 0 on average.`;
  const fanIn = product(shape.slice(0, depthwise ? -2 : -1));
  const units = depthwise ? product(shape.slice(-2)) : shape.at(-1)!;
  return { kind: className === 'Dense' ? 'dense' : 'conv', units, activation, sw2: fanIn * draws.variance, sb2 };
}

function drawsFor(initializer: unknown, shape: readonly number[]): Draws | null {
  return typeof initializer === 'object' && initializer !== null
    ? drawsOf(initializer as InitializerLike, shape)
    : null;
}

function unknownInitializer(key: string, initializer: unknown): string {
  const { className = 'none' } = (initializer ?? {}) as InitializerLike;
  return `has the ${key} ${className}: what it draws is not known.`;
}

/** Variance of the biases, or why theory can't have them. */
function biasOf({ config, weights }: GraphNode, output: boolean): number | string {
  if (config.useBias === false) return 0;
  const shape = weights.at(-1) ?? [1];
  const draws = drawsFor(config.biasInitializer, shape);
  if (draws === null) return unknownInitializer('biasInitializer', config.biasInitializer);
  // What all logits have in common decides no guess, unless there is a single one.
  const common = output && product(shape) > 1;
  if (draws.mean === 0 || common) return draws.variance;
  return `begins with biases of mean ${draws.mean}: theory needs biases that are 0 on average.`;
}

/** Units that go on as they are: no weights are drawn. */
function identityOf({ config }: GraphNode, activation: ActivationName, sb2: number): Description | null {
  const { className, config: { gain } = {} } = (config.kernelInitializer ?? {}) as InitializerLike;
  if (className !== 'Identity') return null;
  if (gain !== 1) return `begins as ${gain} times the identity: theory has no layer that scales.`;
  if (sb2 !== 0) return 'begins as the identity with random biases: theory has these with random weights only.';
  return [{ kind: 'activation', activation }];
}
