import type { TapeNode, TapeTensor } from './engine/tape.ts';
import { isVariable } from './engine/tape.ts';

/**
 * Where the values of each example lie in a tensor. 'examples': one example after the other. 'blocks': all examples of a
 * time step (or of one of several inputs put together), then all of the next. 'unknown': nobody can tell any more.
 * null: the tensor holds no examples (a weight, a constant, a statistic of the batch).
 */
export type Layout = 'examples' | 'blocks' | 'unknown' | null;

type Known = 'examples' | 'blocks';

/** Attributes of a kernel that moves values, by the object of its inputs. */
export type AttributesOf = (inputs: object) => { readonly [name: string]: unknown } | undefined;

/** Kernels whose attributes decide where values go. */
export const MOVING = new Set(['Transpose', 'Unpack', 'Pack', 'Concat', 'Slice', 'Reverse', 'SplitV', 'GatherV2']);

/** Keep the order of values, whatever the shape. */
const ORDERED = new Set(['Reshape', 'Identity', 'Cast', 'ExpandDims']);

/** Follows the examples of a batch through the operations of one forward pass, in their order. */
export class Layouts {
  private readonly known = new Map<number, Layout>();
  private readonly examples: number;
  private readonly attributesOf: AttributesOf;

  constructor(examples: number, attributesOf: AttributesOf) {
    this.examples = examples;
    this.attributesOf = attributesOf;
  }

  /** Of a tensor that was given to the pass, or made by an operation that was followed. */
  of(tensor: TapeTensor): Layout {
    const known = this.known.get(tensor.id);
    if (known !== undefined) return known;
    return !isVariable(tensor) && tensor.shape[0] === this.examples ? 'examples' : null;
  }

  /** Common layout of the inputs of an operation. */
  ofInputs(node: TapeNode): Layout {
    let common: Layout = null;
    for (const name in node.inputs) {
      const layout = this.of(node.inputs[name]!);
      if (layout === null || layout === common) continue;
      common = common === null ? layout : 'unknown';
    }
    return common;
  }

  /** Takes the next operation. */
  follow(node: TapeNode): void {
    const layout = this.ofInputs(node);
    for (const output of node.outputs) this.known.set(output.id, this.after(node, layout, output));
  }

  private after(node: TapeNode, before: Layout, output: TapeTensor): Layout {
    // A batch may be cut out of all data only here.
    if (before === null) return output.shape[0] === this.examples ? 'examples' : null;
    if (before === 'unknown' || ORDERED.has(node.kernelName)) return before;
    const moved = MOVING.has(node.kernelName) ? this.moved(node, before, output) : before;
    // A mean over the batch, or over everything, belongs to no example.
    const first = output.shape.find((length) => length !== 1) ?? 1;
    return moved === 'examples' && first % this.examples !== 0 ? null : moved;
  }

  private moved(node: TapeNode, before: Known, output: TapeTensor): Layout {
    const attrs = this.attributesOf(node.inputs) ?? {};
    const [input] = Object.values(node.inputs) as [TapeTensor];
    const axis = normal(attrs.axis, input.shape.length);
    switch (node.kernelName) {
      case 'Transpose':
        return transposed(before, attrs.perm as number[] | undefined, input.shape, this.examples);
      case 'Reverse':
        return reversed(before, attrs.dims, input.shape.length);
      case 'Unpack':
        return unpacked(before, axis);
      case 'Pack':
        return axis > 0 ? before : oneBlockEach(before);
      case 'Concat':
        return axis > 0 ? before : this.joined(node);
      case 'GatherV2':
        return axis > 0 || this.of(input) === null ? before : 'unknown';
      default:
        return this.cut(before, input, output, attrs.begin as number[] | undefined);
    }
  }

  /** Put together along the first axis: blocks, if each part holds every example once, or blocks itself. */
  private joined(node: TapeNode): Layout {
    const whole = Object.values(node.inputs).every((input) => {
      const layout = this.of(input);
      return layout === 'blocks' || (layout === 'examples' && input.shape[0] === this.examples);
    });
    return whole ? 'blocks' : 'unknown';
  }

  /** Slice and SplitV: along the first axis only whole blocks may be cut out. */
  private cut(before: Known, input: TapeTensor, output: TapeTensor, begin?: readonly number[]): Layout {
    if (output.shape[0] === input.shape[0]) return before;
    const { examples } = this;
    const flat = input.shape[0]! % examples === 0;
    const whole = flat ? output.shape[0]! % examples === 0 && (begin?.[0] ?? 0) % examples === 0 : true;
    return before === 'blocks' && whole ? 'blocks' : 'unknown';
  }
}

function transposed(before: Known, perm: number[] | undefined, shape: readonly number[], examples: number): Layout {
  if (perm === undefined) return 'unknown';
  if (perm[0] === 0) return perm[1] === 1 || before === 'examples' ? before : 'unknown';
  const swapped = perm[0] === 1 && perm[1] === 0;
  if (before === 'examples') return swapped && shape[0] === examples ? 'blocks' : 'unknown';
  return swapped && shape[1] === examples ? 'examples' : 'unknown';
}

const oneBlockEach = (before: Known): Layout => (before === 'examples' ? 'blocks' : 'unknown');

function unpacked(before: Known, axis: number): Layout {
  if (axis === 0) return before === 'blocks' ? 'examples' : 'unknown';
  return axis === 1 && before === 'blocks' ? 'unknown' : before;
}

function reversed(before: Known, dims: unknown, rank: number): Layout {
  const axes = [dims].flat().map((dim) => normal(dim, rank));
  return axes.includes(before === 'examples' ? 0 : 1) ? 'unknown' : before;
}

function normal(axis: unknown, rank: number): number {
  const value = typeof axis === 'number' ? axis : 0;
  return value < 0 ? value + rank : value;
}
