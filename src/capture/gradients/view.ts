import type { TapeTensor } from '../engine/tape.ts';
import type { Operations } from '../engine/tensors.ts';
import type { Plan } from './plan.ts';

/** The values of a piece out of what each weight has (its move, for instance). Null where the weight has none. Run inside a tidy. */
export function directionOf(
  ops: Operations,
  plan: Plan,
  index: number,
  variables: readonly TapeTensor[],
  values: ReadonlyMap<object, TapeTensor> | null,
): TapeTensor | null {
  const { variable, view } = plan.pieces[index]!;
  const own = values?.get(variables[variable]!) ?? null;
  if (own === null || view === null) return own;
  const whole = view.of === index ? own : directionOf(ops, plan, view.of, variables, values)!;
  const seen = ops.reshape(whole, view.shape);
  if (view.kernel === 'Transpose') return ops.transpose(seen, view.attrs.perm as number[]);
  const { numOrSizeSplits, axis } = view.attrs as { numOrSizeSplits: number[]; axis: number };
  return ops.split(seen, numOrSizeSplits, axis)[view.output]!;
}
