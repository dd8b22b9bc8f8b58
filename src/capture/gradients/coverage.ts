import type { TapeTensor } from '../engine/tape.ts';
import type { LayerMap } from './class-figures.ts';
import type { Plan } from './plan.ts';

/** Layers with their weights, in the order to show. */
export type Layers = readonly { readonly name: string; readonly variables: readonly object[] }[];

/** Which weights are measured, and why the others are not. */
export class Coverage {
  /** By plan: what can't be measured in one kind of step may well be in another. */
  private readonly refused = new WeakMap<Plan, Set<object>>();
  private readonly layersOf: () => Layers;
  private readonly report: (sentence: string) => void;
  private layers: Layers | null = null;
  private names: readonly string[] = [];
  private variables: readonly TapeTensor[] = [];
  private planned: Plan | null = null;
  /** Weights that operations of the plan use together with data. */
  private reached: ReadonlySet<number> = new Set();
  /** The share, which is asked for at every step, until the plan or what is refused changes. */
  private known: number | null | undefined = undefined;
  private readonly layerOf = new WeakMap<Plan, readonly number[]>();

  constructor(layers: () => Layers, report: (sentence: string) => void) {
    this.layersOf = layers;
    this.report = report;
  }

  /** Share of the parameters that the loss of the last pass depends on whose class gradients are measured; null before it. */
  get share(): number | null {
    if (this.known === undefined) this.known = this.planned === null ? null : this.counted();
    return this.known;
  }

  private counted(): number | null {
    const { reached } = this;
    let [measured, all] = [0, 0];
    this.variables.forEach((variable, weight) => {
      // What the loss does not depend on has no gradient that could be missed; where nothing is seen at all, all is missed.
      const isReached = reached.has(weight);
      if (!isReached && reached.size > 0 && this.measures(variable)) return;
      all += variable.size;
      if (isReached && this.measures(variable)) measured += variable.size;
    });
    return all === 0 ? null : measured / all;
  }

  /** Takes the plan of the pass at hand: its refusals, and what coverage is counted over. */
  plan(plan: Plan, variables: readonly TapeTensor[]): void {
    if (plan === this.planned) return;
    this.planned = plan;
    this.known = undefined;
    this.variables = variables;
    const used = plan.sites.flatMap(({ pieces }) => Object.values(pieces));
    this.reached = new Set(used.map((piece) => plan.pieces[piece]!.variable));
    for (const [weight, reason] of plan.refused) this.refuse(plan, variables[weight]!, reason);
    this.layers ??= this.layersOf();
    const listed = this.layers.map(({ name }) => name);
    this.names = listed.length > 0 ? listed : this.names.length > 0 ? this.names : variables.map(nameOf);
  }

  /** Whether the weight is measured in steps of this plan, if not given of the pass at hand. */
  measures(variable: object, plan: Plan | null = this.planned): boolean {
    return plan === null || !this.refused.get(plan)?.has(variable);
  }

  /** Gives a weight up in all steps of this plan; said once. */
  refuse(plan: Plan, variable: TapeTensor, reason: string): void {
    const refused = this.refused.get(plan) ?? new Set();
    this.refused.set(plan, refused);
    if (refused.has(variable)) return;
    refused.add(variable);
    this.known = undefined;
    this.report(`The class gradients of the weight ${nameOf(variable)} are not measured: ${reason}. Training goes on.`);
  }

  /** Layers of the pieces of a plan, and whether each counts now. */
  map(plan: Plan, variables: readonly TapeTensor[]): LayerMap {
    let layerOf = this.layerOf.get(plan);
    if (layerOf === undefined) {
      layerOf = plan.pieces.map(({ variable }) => this.layerOfVariable(variables[variable]!));
      this.layerOf.set(plan, layerOf);
    }
    const counting = plan.pieces.map(({ variable }) => this.measures(variables[variable]!, plan));
    return { layers: this.names, layerOf, counts: (piece) => counting[piece]! };
  }

  private layerOfVariable(variable: TapeTensor): number {
    if (this.layers === null || this.layers.length === 0) return this.names.indexOf(nameOf(variable));
    return this.layers.findIndex(({ variables }) => variables.includes(variable));
  }
}

function nameOf(variable: TapeTensor): string {
  return (variable as { name?: string }).name ?? 'without a name';
}
