import { isVariable, type TapeNode, type TapeTensor } from '../engine/tape.ts';
import type { Plan } from './plan.ts';
import type { PassTensors } from './tape.ts';

/** Plans of the last few shapes of tape: training alternates between at most a handful (a last, smaller batch). */
const KEPT = 4;

interface Entry {
  readonly examples: number;
  readonly variables: readonly number[];
  readonly names: readonly string[];
  /** Where everything comes from and goes to, see `Links`. */
  readonly links: readonly number[];
  readonly plan: Plan;
}

/** Walking a tape takes about as long as measuring a small network; steps of the same shape share one plan. */
export class PlanCache {
  private entries: Entry[] = [];

  /** The plan of a tape with the same operations on the same things in the same places, else a new one. */
  get(tape: readonly TapeNode[], tensors: PassTensors, make: () => Plan): Plan {
    const found = this.entries.find((entry) => matches(entry, tape, tensors));
    if (found !== undefined) return found.plan;
    const links: number[] = [];
    eachLink(tape, tensors, (link) => links.push(link) > 0);
    const entry: Entry = {
      examples: tensors.examples,
      variables: tensors.variables.map(({ id }) => id),
      names: tape.map(({ kernelName }) => kernelName),
      links,
      plan: make(),
    };
    this.entries = [entry, ...this.entries].slice(0, KEPT);
    return entry.plan;
  }
}

/** A tensor that was there before the pass and is no weight: another one at every step. */
const GIVEN = -1;

/**
 * What the tape is wired like, number by number, until `take` says no. Numbers of tensors grow by one with each tensor
 * made: those of the pass are told by their distance from its first one, weights by their own numbers below 0.
 */
function eachLink(
  tape: readonly TapeNode[],
  { loss, predictions }: PassTensors,
  take: (link: number) => boolean,
): boolean {
  const base = tape[0]?.outputs[0]?.id ?? 0;
  for (let i = 0; i < tape.length; i++) {
    const { inputs, outputs } = tape[i]!;
    if (!take(outputs[0]!.id - base)) return false;
    for (const name in inputs) if (!take(linkOf(inputs[name]!, base))) return false;
  }
  return take(loss.id - base) && take(linkOf(predictions, base));
}

function linkOf(tensor: TapeTensor, base: number): number {
  if (isVariable(tensor)) return GIVEN - 1 - tensor.id;
  return tensor.id < base ? GIVEN : tensor.id - base;
}

function matches(
  { examples, names, links, variables }: Entry,
  tape: readonly TapeNode[],
  tensors: PassTensors,
): boolean {
  const { variables: current } = tensors;
  if (examples !== tensors.examples || tape.length !== names.length || current.length !== variables.length)
    return false;
  for (let i = 0; i < current.length; i++) if (current[i]!.id !== variables[i]) return false;
  for (let i = 0; i < tape.length; i++) if (tape[i]!.kernelName !== names[i]) return false;
  let at = 0;
  return eachLink(tape, tensors, (link) => link === links[at++]) && at === links.length;
}
