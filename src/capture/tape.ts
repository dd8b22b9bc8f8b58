import { isVariable, type TapeNode, type TapeTensor } from './engine/tape.ts';
import { type AttributesOf, type Layout, Layouts } from './layout.ts';

/** A weight, or one of the disjoint parts that a Split makes of it; a Gram of the whole is the sum over its parts. */
export interface Piece {
  /** Index of the weight in the list of variables. */
  readonly variable: number;
  readonly size: number;
  /** Operations that use it; with more than one, the contributions to each example's gradient must be added up first. */
  uses: number;
  /** Whether some use saw it transposed: the order of its gradient's values then differs from use to use. */
  turned: boolean;
  /** How its values come out of the weight's, where they are a part of them or in another order. */
  view: View | null;
}

/** One kernel applied to a weight (or to another piece), seen in this shape. */
export interface View {
  readonly of: number;
  readonly shape: readonly number[];
  readonly kernel: string;
  readonly attrs: { readonly [name: string]: unknown };
  /** Which of its outputs. */
  readonly output: number;
}

/** An operation that uses weights together with data: where gradients of weights come from. */
export interface Site {
  /** Index of the operation on the tape. */
  readonly node: number;
  /** Index of the piece that enters as this input. */
  readonly pieces: { readonly [input: string]: number };
  /** Of the examples in its other inputs. */
  readonly layout: Layout;
}

/** Operations on weights alone, such as regularisers: what they send back belongs to no class. */
export interface WeightsOnly {
  readonly node: number;
  readonly variables: { readonly [input: string]: number };
}

/** Which operation of a forward pass used which weight. */
export interface Plan {
  readonly pieces: readonly Piece[];
  readonly sites: readonly Site[];
  readonly weightsOnly: readonly WeightsOnly[];
  /** Why a weight can't be measured, by its index. */
  readonly refused: ReadonlyMap<number, string>;
}

/** Values stay where they are, or (Transpose) move in a way that no Gram of a single use sees. */
const ALIASES = new Set(['Reshape', 'Identity', 'Cast', 'ExpandDims', 'Transpose']);

const ADDITIVE = new Set(['Add', 'AddN', 'Sub']);

/** Walks one tape. O(nodes); see `PlanCache` for steps of the same shape. */
export function planOf(
  tape: readonly TapeNode[],
  loss: TapeTensor,
  variables: readonly TapeTensor[],
  examples: number,
  attributesOf: AttributesOf,
): Plan {
  return new Walk(variables, new Layouts(examples, attributesOf), attributesOf).over(tape, leadingTo(tape, loss));
}

/** Marks the operations that the loss depends on. */
function leadingTo(tape: readonly TapeNode[], loss: TapeTensor): Uint8Array {
  const leading = new Set([loss.id]);
  const marks = new Uint8Array(tape.length);
  for (let i = tape.length - 1; i >= 0; i--) {
    const { inputs, outputs } = tape[i]!;
    if (!outputs.some(({ id }) => leading.has(id))) continue;
    marks[i] = 1;
    for (const name in inputs) leading.add(inputs[name]!.id);
  }
  return marks;
}

interface Use {
  readonly input: string;
  readonly piece: number;
}

class Walk {
  private readonly pieces: Piece[] = [];
  private readonly sites: Site[] = [];
  private readonly weightsOnly: WeightsOnly[] = [];
  private readonly refused = new Map<number, string>();
  /** Piece that a tensor is, under another name or shape. */
  private readonly alias = new Map<number, number>();
  /** Weights that a tensor was computed from, and nothing else. */
  private readonly derived = new Map<number, ReadonlySet<number>>();
  /** Parts of a piece by the shapes that it was split into. */
  private readonly splits = new Map<string, number>();
  private readonly layouts: Layouts;
  private readonly attributesOf: AttributesOf;

  constructor(variables: readonly TapeTensor[], layouts: Layouts, attributesOf: AttributesOf) {
    this.layouts = layouts;
    this.attributesOf = attributesOf;
    variables.forEach(({ id, size }, variable) => {
      this.alias.set(id, variable);
      this.pieces.push({ variable, size, uses: 0, turned: false, view: null });
    });
  }

  over(tape: readonly TapeNode[], marks: Uint8Array): Plan {
    tape.forEach((node, i) => {
      if (marks[i] === 1) this.visit(node, i);
    });
    const { pieces, sites, weightsOnly, refused } = this;
    for (const { variable, uses, turned } of pieces) {
      if (turned && uses > 1) this.refuse(variable, 'it is used transposed and not');
    }
    return { pieces, sites, weightsOnly, refused };
  }

  private visit(node: TapeNode, index: number): void {
    const uses: Use[] = [];
    const from = new Set<number>();
    let data = false;
    for (const input in node.inputs) {
      const tensor = node.inputs[input]!;
      const piece = this.alias.get(tensor.id);
      if (piece !== undefined) uses.push({ input, piece });
      else if (this.derived.has(tensor.id)) this.addDerived(node, tensor, from);
      else if (this.isData(tensor)) data = true;
    }
    if (!data && (uses.length > 0 || from.size > 0)) {
      this.weightUse(node, index, uses, from);
      return;
    }
    this.dataUse(node, index, uses, from);
    this.layouts.follow(node);
  }

  /** One number made of weights and added to losses is a regulariser, also where each example gets it: not in `from`. */
  private addDerived({ kernelName }: TapeNode, { id, size }: TapeTensor, from: Set<number>): void {
    if (size === 1 && ADDITIVE.has(kernelName)) return;
    for (const variable of this.derived.get(id)!) from.add(variable);
  }

  /** A constant factor of one value makes no data of a regulariser. */
  private isData(tensor: TapeTensor): boolean {
    return (tensor.size !== 1 && !isVariable(tensor)) || this.layouts.of(tensor) !== null;
  }

  private dataUse(node: TapeNode, index: number, uses: readonly Use[], from: ReadonlySet<number>): void {
    for (const variable of from) this.refuse(variable, `a function of it goes into ${node.kernelName}`);
    if (uses.length > 0) this.addSite(index, uses, this.layouts.ofInputs(node));
  }

  private addSite(node: number, uses: readonly Use[], layout: Layout): void {
    for (const { piece } of uses) this.pieces[piece]!.uses++;
    this.sites.push({ node, pieces: Object.fromEntries(uses.map(({ input, piece }) => [input, piece])), layout });
  }

  private weightUse(node: TapeNode, index: number, uses: readonly Use[], from: ReadonlySet<number>): void {
    const [use] = uses;
    const single = use !== undefined && uses.length === 1 && from.size === 0;
    if (single && ALIASES.has(node.kernelName)) {
      this.alias.set(node.outputs[0]!.id, use.piece);
      if (node.kernelName === 'Transpose') this.turn(node, use.piece);
    } else if (single && node.kernelName === 'SplitV') this.split(node, use.piece);
    else if (single && node.kernelName === 'Tile' && this.layouts.of(node.outputs[0]!) === 'examples') {
      this.addSite(index, uses, 'examples');
    } else this.derive(node, index, uses, from);
  }

  /** Parts of a weight as pieces of their own; the same parts when it is split again in the same way. */
  private split(node: TapeNode, piece: number): void {
    const shapes = node.outputs.map(({ shape }) => shape.join('x')).join();
    const key = `${piece}:${shapes}`;
    let first = this.splits.get(key);
    if (first === undefined) {
      first = this.pieces.length;
      this.splits.set(key, first);
      const { variable } = this.pieces[piece]!;
      node.outputs.forEach(({ size }, i) => {
        this.pieces.push({ variable, size, uses: 0, turned: false, view: this.viewOf(node, piece, i) });
      });
    }
    node.outputs.forEach(({ id }, i) => {
      this.alias.set(id, first + i);
    });
  }

  private turn(node: TapeNode, index: number): void {
    const piece = this.pieces[index]!;
    // Turned twice, or a part of something: no single kernel tells the order of its values.
    const simple = !piece.turned && piece.view === null;
    piece.turned = true;
    if (simple) piece.view = this.viewOf(node, index, 0);
    else this.refuse(piece.variable, 'it is transposed more than once');
  }

  private viewOf({ kernelName, inputs }: TapeNode, of: number, output: number): View {
    const { shape } = inputs.x ?? Object.values(inputs)[0]!;
    return { of, shape, kernel: kernelName, attrs: this.attributesOf(inputs) ?? {}, output };
  }

  private derive(node: TapeNode, index: number, uses: readonly Use[], from: ReadonlySet<number>): void {
    const all = new Set([...from, ...uses.map(({ piece }) => this.pieces[piece]!.variable)]);
    for (const { id } of node.outputs) this.derived.set(id, all);
    if (uses.length === 0) return;
    const variables = Object.fromEntries(uses.map(({ input, piece }) => [input, this.pieces[piece]!.variable]));
    this.weightsOnly.push({ node: index, variables });
  }

  private refuse(variable: number, reason: string): void {
    if (!this.refused.has(variable)) this.refused.set(variable, reason);
  }
}
