import type { TapeNode } from '../engine/tape.ts';

const NONE: ReadonlySet<number> = new Set();

/** Weights that data met on its way to a tensor. */
export class Upstream {
  private readonly known = new Map<number, ReadonlySet<number>>();

  of(tensor: number): ReadonlySet<number> {
    return this.known.get(tensor) ?? NONE;
  }

  /** Takes the next operation, and the weights that it uses. */
  follow({ inputs, outputs }: TapeNode, weights: readonly number[]): void {
    let all = NONE;
    for (const name in inputs) all = union(all, this.of(inputs[name]!.id));
    if (weights.length > 0) all = union(all, new Set(weights));
    if (all.size === 0) return;
    for (const { id } of outputs) this.known.set(id, all);
  }
}

/** Most operations add nothing: their sets are shared. */
function union(a: ReadonlySet<number>, b: ReadonlySet<number>): ReadonlySet<number> {
  if (a.size === 0) return b;
  for (const one of b) if (!a.has(one)) return new Set([...a, ...b]);
  return a;
}
