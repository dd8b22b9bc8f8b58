import type { Layer } from '../../theory/stack.ts';
import type { GraphNode } from '../engine/graph.ts';
import { describeLayer } from './layer.ts';
import { mixes } from './weights.ts';

/** A layer that theory can't follow, and why, in a sentence. */
export interface Undescribed {
  readonly layer: string;
  readonly reason: string;
}

/**
 * The way from the input of a graph to one of its nodes as a stack. A sum is taken apart at the last node that all its terms come through:
 * what leads from there to each term is a branch.
 */
export class Route {
  readonly undescribed: Undescribed[] = [];
  readonly #output: GraphNode;
  readonly #gates = new Map<GraphNode, readonly GraphNode[]>();
  readonly #mixed = new Map<GraphNode, boolean>();
  readonly #passed = new Set<GraphNode>();
  readonly #used = new Set<object>();

  constructor(output: GraphNode) {
    this.#output = output;
  }

  /** The stack from the input to the output; what can't be described is left out of it and listed. */
  layers(): Layer[] {
    return this.#between(null, this.#output);
  }

  /** Whether random weights lie on the way. */
  get drawsWeights(): boolean {
    return this.#isMixed(this.#output);
  }

  #between(from: GraphNode | null, to: GraphNode): Layer[] {
    const nodes: GraphNode[] = [];
    for (let at: GraphNode | null = to; at !== null && at !== from; at = this.#gateOf(at)) nodes.push(at);
    // From the input on, so that what stops theory is told in that order.
    return nodes.reverse().flatMap((node) => (node.inputs.length > 1 ? this.#merged(node) : this.#plain(node)));
  }

  #plain(node: GraphNode): Layer[] {
    const repeated = this.#repeated(node);
    if (repeated !== null) return this.#refuse(node, repeated);
    const [before] = node.inputs;
    const onInputs = before === undefined || !this.#isMixed(before);
    const described = describeLayer(node, { output: node === this.#output, onInputs });
    return typeof described === 'string' ? this.#refuse(node, described) : [...described];
  }

  /** Terms of a sum, and layers called twice, must not have weights in common. */
  #repeated(node: GraphNode): string | null {
    if (this.#passed.has(node)) return 'gives to several terms of a sum, which theory needs to be independent.';
    this.#passed.add(node);
    if (node.weights.length === 0) return null;
    if (this.#used.has(node.layer)) return 'is called more than once: theory needs weights of its own in every layer.';
    this.#used.add(node.layer);
    return null;
  }

  #merged(node: GraphNode): Layer[] {
    const gate = this.#gateOf(node);
    if (node.className !== 'Add') {
      return this.#refuse(node, `joins ${node.inputs.length} inputs by ${node.className}: theory has sums only.`);
    }
    if (gate === null) return this.#refuse(node, 'adds what comes from several inputs of the model.');
    if (!this.#independent(node, gate)) {
      return this.#refuse(node, 'adds terms without weights of their own between: they are not independent.');
    }
    // The terms with the most layers first: the last one is the stream, mostly the input of the block itself.
    const terms = node.inputs.map((input) => this.#between(gate, input)).sort((a, b) => b.length - a.length);
    return [sumOf(terms)];
  }

  /** All terms but one have weights since they parted. */
  #independent(node: GraphNode, gate: GraphNode): boolean {
    return node.inputs.filter((input) => !this.#mixedSince(gate, input)).length <= 1;
  }

  #mixedSince(gate: GraphNode, node: GraphNode): boolean {
    if (node === gate) return false;
    return mixes(node) || node.inputs.some((input) => this.#mixedSince(gate, input));
  }

  #isMixed(node: GraphNode): boolean {
    const old = this.#mixed.get(node);
    if (old !== undefined) return old;
    const mixed = mixes(node) || node.inputs.some((input) => this.#isMixed(input));
    this.#mixed.set(node, mixed);
    return mixed;
  }

  /** The last node before `node` through which everything that reaches it must come; null at an input. */
  #gateOf(node: GraphNode): GraphNode | null {
    return this.#gatesOf(node)[0] ?? null;
  }

  #gatesOf(node: GraphNode): readonly GraphNode[] {
    const old = this.#gates.get(node);
    if (old !== undefined) return old;
    const [first = [], ...others] = node.inputs.map((input) => [input, ...this.#gatesOf(input)]);
    const gates = first.filter((gate) => others.every((other) => other.includes(gate)));
    this.#gates.set(node, gates);
    return gates;
  }

  #refuse({ name }: GraphNode, reason: string): Layer[] {
    this.undescribed.push({ layer: name, reason: `${name} ${reason}` });
    return [];
  }
}

function sumOf([branch = [], ...others]: readonly Layer[][]): Layer {
  const shortcut = others.length > 1 ? [sumOf(others)] : (others[0] ?? []);
  return { kind: 'residual', branch, ...(shortcut.length > 0 && { shortcut }) };
}
