import { isVariable, type TapeNode, type TapeTensor } from '../engine/tape.ts';
import { type AttributesOf, type Layout, Layouts } from './layout.ts';
import { ELEMENTWISE } from './moves.ts';
import type { Piece, Plan, Site, View, WeightsOnly } from './plan.ts';
import { Upstream } from './upstream.ts';

/** Values stay where they are, or (Transpose) move in a way that no Gram of a single use sees. */
const ALIASES = new Set(['Reshape', 'Identity', 'Cast', 'ExpandDims', 'Transpose']);

const ADDITIVE = new Set(['Add', 'AddN', 'Sub']);

/** What a forward pass was about. */
export interface PassTensors {
  readonly loss: TapeTensor;
  /** One row per example, in the order of the labels. */
  readonly predictions: TapeTensor;
  readonly variables: readonly TapeTensor[];
  readonly examples: number;
}

/** Walks one tape. O(nodes); see `PlanCache` for steps of the same shape. */
export function planOf(tape: readonly TapeNode[], tensors: PassTensors, attributesOf: AttributesOf): Plan {
  return new Walk(tensors, attributesOf).over(tape, tensors);
}

/** Marks the operations that a tensor depends on. */
function leadingTo(tape: readonly TapeNode[], tensor: TapeTensor): Uint8Array {
  const leading = new Set([tensor.id]);
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
  private readonly upstream = new Upstream();
  private readonly layouts: Layouts;
  private readonly attributesOf: AttributesOf;
  private readonly examples: number;

  constructor({ variables, examples }: PassTensors, attributesOf: AttributesOf) {
    this.layouts = new Layouts(examples, attributesOf);
    this.attributesOf = attributesOf;
    this.examples = examples;
    variables.forEach(({ id, size }, variable) => {
      this.alias.set(id, variable);
      this.pieces.push({ variable, size, uses: 0, turned: false, view: null });
    });
  }

  over(tape: readonly TapeNode[], { loss, predictions }: PassTensors): Plan {
    const [toLoss, toPredictions] = [leadingTo(tape, loss), leadingTo(tape, predictions)];
    tape.forEach((node, i) => {
      if (toLoss[i] === 1) this.visit(node, i, toPredictions[i] === 1);
      else this.layouts.follow(node);
    });
    const { pieces, sites, weightsOnly, refused } = this;
    for (const { variable, uses, turned } of pieces) {
      if (turned && uses > 1) this.refuse(variable, 'it is used transposed and not');
    }
    const seen = this.layouts.of(predictions);
    if (seen !== 'examples' && seen !== 'blocks')
      this.refuseAll('the examples could not be followed to the predictions');
    return { pieces, sites, weightsOnly, refused };
  }

  private visit(node: TapeNode, index: number, leadsToPredictions: boolean): void {
    const uses: Use[] = [];
    const from = new Set<number>();
    let data = false;
    for (const input in node.inputs) {
      const tensor = node.inputs[input]!;
      const piece = this.alias.get(tensor.id);
      const derived = this.derived.get(tensor.id);
      if (piece !== undefined) uses.push({ input, piece });
      else if (derived === undefined) data ||= this.isData(tensor);
      else if (leadsToPredictions || !isRegulariser(node, tensor)) for (const variable of derived) from.add(variable);
    }
    if (!data && (uses.length > 0 || from.size > 0)) {
      this.weightUse(node, index, uses, from);
      return;
    }
    this.dataUse(node, index, uses, from);
    this.layouts.follow(node);
  }

  /** A constant factor of one value makes no data of a regulariser. */
  private isData(tensor: TapeTensor): boolean {
    return (tensor.size !== 1 && !isVariable(tensor)) || this.layouts.of(tensor) !== null;
  }

  private dataUse(node: TapeNode, index: number, uses: readonly Use[], from: ReadonlySet<number>): void {
    for (const variable of from) this.refuse(variable, `a function of it goes into ${node.kernelName}`);
    if (uses.length > 0) this.addSite(index, uses, this.hasRows(node, uses) ? 'unknown' : this.layouts.ofUse(node));
    for (const { id } of this.layouts.mistaken(node)) {
      for (const variable of this.upstream.of(id)) {
        this.refuse(variable, `what it makes is the same for all examples of the batch, in ${node.kernelName}`);
      }
    }
    this.upstream.follow(
      node,
      uses.map(({ piece }) => this.pieces[piece]!.variable),
    );
  }

  /** No weight has a row for each example: where it meets data of its own shape, their rows are not examples. */
  private hasRows({ kernelName, outputs: [output] }: TapeNode, uses: readonly Use[]): boolean {
    if (this.examples === 1 || !ELEMENTWISE.has(kernelName)) return false;
    return uses.some(({ piece }) => this.pieces[piece]!.size === output!.size);
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

  private refuseAll(reason: string): void {
    for (const { pieces } of this.sites) {
      for (const piece of Object.values(pieces)) this.refuse(this.pieces[piece]!.variable, reason);
    }
  }

  private refuse(variable: number, reason: string): void {
    if (!this.refused.has(variable)) this.refused.set(variable, reason);
  }
}

/** One number made of weights and added to losses, also where each example gets it. */
function isRegulariser({ kernelName }: TapeNode, { size }: TapeTensor): boolean {
  return size === 1 && ADDITIVE.has(kernelName);
}
