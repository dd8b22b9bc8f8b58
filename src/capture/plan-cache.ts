import type { TapeNode, TapeTensor } from './engine/tape.ts';
import type { Plan } from './tape.ts';

/** Plans of the last few shapes of tape: training alternates between at most a handful (a last, smaller batch). */
const KEPT = 4;

interface Entry {
  readonly signature: readonly (string | number)[];
  readonly plan: Plan;
}

/** Walking a tape takes about as long as measuring a small network; steps of the same shape share one plan. */
export class PlanCache {
  private entries: Entry[] = [];

  /** The plan of a tape with the same operations in the same places over the same variables, else a new one. */
  get(tape: readonly TapeNode[], variables: readonly TapeTensor[], examples: number, make: () => Plan): Plan {
    const found = this.entries.find(({ signature }) => matches(signature, tape, variables, examples));
    if (found !== undefined) return found.plan;
    const entry = { signature: signatureOf(tape, variables, examples), plan: make() };
    this.entries = [entry, ...this.entries].slice(0, KEPT);
    return entry.plan;
  }

  /** Forgets everything: a weight was given up. */
  clear(): void {
    this.entries = [];
  }
}

/**
 * Numbers of tensors grow by one with each tensor made, so equal distances between the outputs of all operations mean that
 * the same tensors were made between them.
 */
function* parts(tape: readonly TapeNode[], variables: readonly TapeTensor[], examples: number) {
  yield examples;
  yield tape.length;
  yield variables.length;
  for (const { id } of variables) yield id;
  const base = tape[0]?.outputs[0]?.id ?? 0;
  for (const { kernelName, outputs } of tape) {
    yield kernelName;
    yield (outputs[0]?.id ?? base) - base;
  }
}

function signatureOf(
  tape: readonly TapeNode[],
  variables: readonly TapeTensor[],
  examples: number,
): (string | number)[] {
  return [...parts(tape, variables, examples)];
}

function matches(
  signature: readonly (string | number)[],
  tape: readonly TapeNode[],
  variables: readonly TapeTensor[],
  examples: number,
): boolean {
  let i = 0;
  for (const part of parts(tape, variables, examples)) if (signature[i++] !== part) return false;
  return i === signature.length;
}
