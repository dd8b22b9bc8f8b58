import type { TensorData, TfLike } from '../../tf.ts';
import type { TapeTensor } from '../engine/tape.ts';
import { type Operations, operationsOf } from '../engine/tensors.ts';
import type { Readback } from '../reading/readback.ts';
import type { Plan } from './plan.ts';

/** Passes until a plan is known to be right. */
const FIRST = 2;
/** Steps between two checks. */
const EVERY = 500;
/** Relative; rounding stays far below, anything missed or counted twice is far above. */
const TOLERANCE = 1e-3;
/** Of what cancels. */
const ROUNDING = 1e-5;
/** Values that are summed one after the other. */
const ROW = 1024;
/** Of the whole gradient's square: a weight whose own share is smaller is not judged by its rounding errors. */
const FLOOR = 1e-12;

/** Whether this pass is checked: the first ones of a run, and then now and then. */
export function isDue(passes: number): boolean {
  return passes < FIRST || passes % EVERY === 0;
}

/** Passes by their plan: each new plan is checked. */
export class Checks {
  private readonly passes = new WeakMap<Plan, number>();

  /** Whether the next pass is one of the first, which say whether the gradient is split rightly at all. */
  isFirst(plan: Plan): boolean {
    return this.count(plan) < FIRST;
  }

  /** `handsOver`: whether another thread is asked from now on; the first pass that it takes part in is checked, too. */
  isDue(plan: Plan, handsOver: boolean): boolean {
    const passes = this.count(plan);
    return isDue(passes) || (handsOver && passes === FIRST);
  }

  passed(plan: Plan): void {
    this.passes.set(plan, this.count(plan) + 1);
  }

  /** The next passes are the first ones again. */
  restart(plan: Plan): void {
    this.passes.delete(plan);
  }

  private count(plan: Plan): number {
    return this.passes.get(plan) ?? 0;
  }
}

/**
 * Collects what the regularisers sent back, which belongs to no class, and says how large the rest of each gradient is:
 * the sum of all entries of a weight's class Gram must equal it.
 */
export class SelfCheck {
  private readonly tf: TfLike;
  private readonly regularisation = new Map<number, TapeTensor>();

  constructor(tf: TfLike) {
    this.tf = tf;
  }

  /** What an operation on weights alone sent back to the weight. */
  hear(weight: number, gradient: TapeTensor): void {
    const ops = operationsOf(this.tf);
    const before = this.regularisation.get(weight);
    const flat = () => ops.reshape(gradient, [gradient.size]);
    const sum = ops.keep(
      ops.tidy(() => (before === undefined ? flat().clone() : ops.add(before, flat())) as TapeTensor),
    );
    before?.dispose();
    this.regularisation.set(weight, sum);
  }

  /** |gradient without regularisers|^2 of each weight; null where the device has no room to read. */
  read(gradients: readonly (TapeTensor | null)[], readback: Readback): TensorData[] | Promise<TensorData[]> | null {
    const squares = this.squares(gradients);
    const reading = readback.read([squares]);
    squares.dispose();
    return reading;
  }

  /** The same on the device, [weights]; the caller disposes it. */
  private squares(gradients: readonly (TapeTensor | null)[]): TapeTensor {
    const ops = operationsOf(this.tf);
    return ops.keep(
      ops.tidy(() => {
        const squares = gradients.map((gradient, weight) => {
          if (gradient === null) return ops.zeros([1]);
          const flat = ops.reshape(gradient, [gradient.size]);
          const regularisation = this.regularisation.get(weight);
          const rest = regularisation === undefined ? flat : ops.sub(flat, regularisation);
          return ops.reshape(wholeSum(ops, ops.square(rest)), [1]);
        });
        return ops.concat(squares, 0);
      }),
    );
  }

  dispose(): void {
    for (const tensor of this.regularisation.values()) tensor.dispose();
    this.regularisation.clear();
  }
}

/**
 * Of flat values. Stock wasm adds up one after the other in float32, and half a million squares lose the third digit: rows are summed by
 * themselves first.
 */
function wholeSum(ops: Operations, values: TapeTensor): TapeTensor {
  const whole = values.size - (values.size % ROW);
  if (whole === 0) return ops.sum(values);
  const rows = ops.sum(ops.reshape(ops.slice(values, [0], [whole]), [whole / ROW, ROW]), 1);
  // A sum of nothing is not to be had everywhere.
  if (whole === values.size) return ops.sum(rows);
  return ops.add(ops.sum(rows), ops.sum(ops.slice(values, [whole], [values.size - whole])));
}

/** Sums of all entries of each piece's Gram, and their diagonals, pieces x rows. */
interface GramSums {
  readonly sums: Float64Array;
  readonly diagonals: Float64Array;
  readonly classOf: { readonly length: number };
}

/**
 * Weights whose Grams don't add up to their gradient; `expected`: |gradient|^2 of each. Only those that count wholly are
 * judged, and where something is not a number there is nothing to compare.
 */
export function failuresOf(
  { sums, diagonals, classOf }: GramSums,
  expected: ArrayLike<number>,
  { pieces }: Plan,
  counts: (piece: number) => boolean,
): number[] {
  const found = new Float64Array(expected.length);
  // Sums of |g_c|^2, which may cancel almost wholly (a bias before normalization).
  const traces = new Float64Array(expected.length);
  const judged = new Set(found.keys());
  const rows = classOf.length;
  pieces.forEach(({ variable }, piece) => {
    found[variable]! += sums[piece]!;
    for (let row = 0; row < rows; row++) traces[variable]! += diagonals[piece * rows + row]!;
    if (!counts(piece)) judged.delete(variable);
  });
  const total = found.reduce((sum, value, weight) => sum + value + expected[weight]!, 0);
  if (!Number.isFinite(total)) return [];
  return [...judged].filter((weight) => {
    const allowed = TOLERANCE * expected[weight]! + ROUNDING * traces[weight]! + FLOOR * total;
    return Math.abs(found[weight]! - expected[weight]!) > allowed;
  });
}
