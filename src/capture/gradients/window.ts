import { type ClassSink, listening } from '../../wasm/class-sink.ts';
import type { KernelCall, KernelListener, Kernels } from '../engine/kernels.ts';
import type { NamedGradients, TapeNode, TapeTensor } from '../engine/tape.ts';
import type { Absorbed } from './absorption.ts';
import type { BatchShape, Contribution } from './contractions/contraction.ts';
import { contractions, sinking } from './contractions/index.ts';
import { type Factors, factorsOf } from './contractions/mat-mul.ts';
import type { Site } from './plan.ts';

/** Takes what the windows find. */
export interface Finder {
  /** False: the contribution can't be split by class this way. */
  add(contribution: Contribution, piece: number): boolean;
  /** Where a filter's kernel may leave the gradients of single classes of a piece of this size; null: nowhere. */
  sink(pieces: readonly number[], size: number): ClassSink | null;
  /** The product for training, made of those of the classes, where it may be for one of these pieces; null: it computes its own. */
  absorb(pieces: readonly number[], factors: Factors): Absorbed | null;
  /** Splits the gradient by asking the operation once for each class. False: it can't be done. */
  ask(piece: number, dys: readonly TapeTensor[], gradient: (dys: readonly TapeTensor[]) => TapeTensor): boolean;
  /** A piece whose gradient nobody could split. */
  lost(piece: number, operation: string, error: unknown): void;
  /** Looking at a kernel went wrong. */
  failed(error: unknown): void;
}

/**
 * Opens a window around the gradient of one operation: while it is computed, kernels that contract something are noted by
 * the data that they made, and the one that made the gradient of a weight is the weight's contraction. Which call belongs
 * to which weight is so never guessed.
 */
export function open(
  node: TapeNode,
  site: Site,
  { examples, tf }: Omit<BatchShape, 'layout'>,
  kernels: Kernels,
  finder: Finder,
): void {
  const original = node.gradient;
  if (original === undefined) return;
  const batch = { examples, tf, layout: site.layout };
  const pieces = Object.values(site.pieces);
  node.gradient = (dys) => {
    const notes = new Notes(batch, pieces, finder);
    const gradients = kernels.heard(notes, () => original(dys));
    return mapped(gradients, site, (input, piece) => () => {
      const gradient = kernels.heard(notes, () => gradients[input]!());
      try {
        const contribution = notes.of(gradient) ?? tiled(node, dys, notes);
        const ask = (masked: readonly TapeTensor[]) => original(masked)[input]!();
        if (contribution !== null && finder.add(contribution, piece)) return gradient;
        const asked = site.layout === 'examples' && finder.ask(piece, dys, ask);
        if (!asked) finder.lost(piece, node.kernelName, null);
      } catch (error) {
        finder.lost(piece, node.kernelName, error);
      }
      return gradient;
    });
  };
}

/** Notes what an operation on weights alone sends back to each. */
export function overhear(
  node: TapeNode,
  inputs: { readonly [input: string]: number },
  heard: (weight: number, gradient: TapeTensor) => void,
): void {
  const original = node.gradient;
  if (original === undefined) return;
  node.gradient = (dys) => {
    const gradients = original(dys);
    return mapped(gradients, { pieces: inputs }, (input, weight) => () => {
      const gradient = gradients[input]!();
      heard(weight, gradient);
      return gradient;
    });
  };
}

function mapped(
  gradients: NamedGradients,
  { pieces }: Pick<Site, 'pieces'>,
  replacement: (input: string, piece: number) => () => TapeTensor,
): NamedGradients {
  const result: { [input: string]: () => TapeTensor } = Object.assign({}, gradients);
  for (const input in pieces) if (input in gradients) result[input] = replacement(input, pieces[input]!);
  return result;
}

/** A weight repeated for each example (LayerNormalization does so): its gradient is a sum that no kernel computes as one. */
function tiled(node: TapeNode, [dy]: readonly TapeTensor[], notes: Notes): Contribution | null {
  if (node.kernelName !== 'Tile' || dy === undefined) return null;
  const weight = Object.values(node.inputs)[0]!;
  const axes = dy.shape.findIndex((_, i) => dy.shape.slice(i).join() === weight.shape.slice(i).join());
  if (axes < 1 || weight.shape.slice(0, axes).some((length) => length !== 1)) return null;
  return notes.read({ name: 'Sum', inputs: { x: dy }, attrs: { axis: [...Array(axes).keys()] } });
}

/** Contractions seen through one window, by the data that they made. */
class Notes implements KernelListener {
  private readonly found = new Map<object, Contribution>();
  private sink: ClassSink | null = null;
  /** There is room for the class rows of one product at a time. */
  private hasAbsorbed = false;
  private readonly batch: BatchShape;
  private readonly pieces: readonly number[];
  private readonly finder: Finder;

  constructor(batch: BatchShape, pieces: readonly number[], finder: Finder) {
    this.batch = batch;
    this.pieces = pieces;
    this.finder = finder;
  }

  of({ dataId }: TapeTensor): Contribution | null {
    return this.found.get(dataId) ?? null;
  }

  read(call: KernelCall): Contribution | null {
    return contractions[call.name]?.(call, this.batch) ?? sinking[call.name]?.(call, this.batch, this.sink) ?? null;
  }

  before(name: string, _: KernelCall['inputs'], attrs: KernelCall['attrs']): void {
    if (!Object.hasOwn(sinking, name) || this.batch.layout !== 'examples') return;
    this.guarded(() => {
      const size = (attrs.filterShape as number[]).reduce((a, b) => a * b, 1);
      this.sink = this.finder.sink(this.pieces, size);
      listening.sink = this.sink;
    });
  }

  answer(name: string, inputs: KernelCall['inputs'], attrs: KernelCall['attrs']): TapeTensor | null {
    if (name !== 'BatchMatMul' || this.hasAbsorbed) return null;
    let product: TapeTensor | null = null;
    this.guarded(() => {
      const factors = factorsOf({ name, inputs, attrs }, this.batch);
      const absorbed = factors === null ? null : this.finder.absorb(this.pieces, factors);
      if (absorbed === null) return;
      this.hasAbsorbed = true;
      this.found.set(absorbed.product.dataId, absorbed.contribution);
      product = absorbed.product;
    });
    return product;
  }

  after(name: string, inputs: KernelCall['inputs'], attrs: KernelCall['attrs'], output: TapeTensor): void {
    if (name === 'Transpose') this.guarded(() => this.follow(inputs, attrs, output));
    if (!Object.hasOwn(contractions, name) && !Object.hasOwn(sinking, name)) return;
    this.guarded(() => {
      const contribution = this.read({ name, inputs, attrs });
      if (contribution !== null) this.found.set(output.dataId, contribution);
    });
    listening.sink = null;
    this.sink = null;
  }

  /** A transposition that changes nothing is a copy: the gradient of a gather ends with one. */
  private follow({ x }: KernelCall['inputs'], { perm }: KernelCall['attrs'], output: TapeTensor): void {
    const contribution = x === undefined ? undefined : this.found.get(x.dataId);
    if (contribution === undefined || !(perm as readonly number[]).every((axis, i) => axis === i)) return;
    this.found.set(output.dataId, contribution);
  }

  /** It is the training's own kernel that runs here. */
  private guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.finder.failed(error);
    }
  }
}
