import type { TapeNode, TapeTensor } from '../engine/tape.ts';
import { isVariable } from '../engine/tape.ts';
import {
  type Attributes,
  broadcast,
  cut,
  ELEMENTWISE,
  isAligned,
  type Known,
  type Moved,
  multiplied,
  normal,
  ORDERED,
  oneBlockEach,
  REDUCING,
  reduced,
  reshaped,
  reversed,
  SCRAMBLING,
  transposed,
  unpacked,
} from './moves.ts';

/**
 * Where the values of each example lie in a tensor. 'examples': one example after the other. 'blocks': all examples of a
 * time step (or of one of several inputs put together), then all of the next. 'statistic': made of the whole batch, it
 * belongs to no example. 'unknown': nobody can tell any more. null: no example has entered (a weight, a constant).
 */
export type Layout = Moved | null;

/** Attributes of a kernel that moves values, by the object of its inputs. */
export type AttributesOf = (inputs: object) => Attributes | undefined;

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
      if (layout === null || layout === common || (layout === 'statistic' && common !== null)) continue;
      common = common === null || common === 'statistic' ? layout : 'unknown';
    }
    return common;
  }

  /** Of the data that a weight meets: null or unknown where its gradient can't be told apart by examples. */
  ofUse(node: TapeNode): Layout {
    const layout = this.ofInputs(node);
    return node.outputs.some((output) => this.after(node, layout, output) === layout) ? layout : 'unknown';
  }

  /** Takes the next operation. */
  follow(node: TapeNode): void {
    const layout = this.ofInputs(node);
    for (const output of node.outputs) this.known.set(output.id, this.after(node, layout, output));
  }

  /**
   * Inputs of a value-by-value operation that have as many rows as the batch by chance: beside one whose examples are
   * known, their rows lie along another axis.
   */
  mistaken({ kernelName, inputs, outputs: [output] }: TapeNode): TapeTensor[] {
    if (this.examples === 1 || output === undefined || !ELEMENTWISE.has(kernelName)) return [];
    const holders = Object.values(inputs).filter((input) => this.of(input) === 'examples');
    const others = holders.filter((input) => !isAligned(input, output));
    return others.length < holders.length ? others : [];
  }

  private after(node: TapeNode, before: Layout, output: TapeTensor): Layout {
    // A batch may be cut out of all data only here.
    if (before === null) return output.shape[0] === this.examples ? 'examples' : null;
    if (before === 'unknown' || before === 'statistic') return before;
    // Whatever becomes of the one example of a batch, it remains the only one.
    if (this.examples === 1) return before;
    return this.moved(node, before, output);
  }

  private moved(node: TapeNode, before: Known, output: TapeTensor): Layout {
    const { examples } = this;
    const attrs = this.attributesOf(node.inputs) ?? {};
    const [input] = Object.values(node.inputs) as [TapeTensor];
    const axis = normal(attrs.axis, input.shape.length);
    if (ORDERED.has(node.kernelName)) return reshaped(before, input, output, examples);
    if (REDUCING.has(node.kernelName)) return reduced(before, input, attrs, examples);
    switch (node.kernelName) {
      case 'Transpose':
        return transposed(before, attrs.perm as number[] | undefined, input.shape, examples);
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
      case 'Slice':
      case 'SplitV':
        return cut(before, input, output, attrs.begin as number[] | undefined, examples);
      default:
        return this.computed(node, before, output, attrs);
    }
  }

  private computed(node: TapeNode, before: Known, output: TapeTensor, attrs: Attributes): Layout {
    const { kernelName, inputs } = node;
    const holders = Object.values(inputs).filter((input) => this.of(input) === before);
    if (SCRAMBLING.has(kernelName)) return 'unknown';
    if (ELEMENTWISE.has(kernelName)) return broadcast(before, holders, output, this.examples);
    if (kernelName === 'BatchMatMul') {
      const operand = (name: 'a' | 'b', isTransposed: unknown) => {
        const tensor = inputs[name]!;
        return { layout: this.of(tensor), shape: tensor.shape, isTransposed: isTransposed === true };
      };
      const [a, b] = [operand('a', attrs.transposeA), operand('b', attrs.transposeB)];
      return multiplied(before, a, b, output, this.examples);
    }
    if (kernelName === 'Einsum' && !this.leads(node, String(attrs.equation))) return 'unknown';
    if (kernelName === 'StridedSlice' && (attrs.strides as number[] | undefined)?.[0] !== 1) return 'unknown';
    if (output.size === 1) return 'statistic';
    return holders.some((one) => leading(one) === leading(output)) ? before : 'unknown';
  }

  /** Whether the first letter of an einsum's result is the first one of each term that holds examples. */
  private leads({ inputs }: TapeNode, equation: string): boolean {
    const [left = '', out = ''] = equation.replace(/\s/g, '').split('->');
    const terms = left.split(',');
    return Object.values(inputs).every((input, i) => this.of(input) === null || terms[i]?.[0] === out[0]);
  }

  /** Put together along the first axis: blocks, if each part holds every example once, or blocks itself. */
  private joined(node: TapeNode): Layout {
    const whole = Object.values(node.inputs).every((input) => {
      const layout = this.of(input);
      return layout === 'blocks' || (layout === 'examples' && input.shape[0] === this.examples);
    });
    return whole ? 'blocks' : 'unknown';
  }
}

/** Length of the first axis of more than one value: fused products put axes of length 1 in front. */
const leading = ({ shape }: TapeTensor) => shape.find((length) => length !== 1);
