import type { RunHistory } from '../history.ts';
import { type LayerPeeledModel, layerPeeledModel } from '../theory/layer-peeled-model.ts';
import { levelled } from '../theory/levels.ts';
import type { PeeledInputs } from './peeled-inputs.ts';

/** A solution stands until an input has moved by this factor. */
const MOVED = 1.05;
/** Share of the loss by which it may be off: cosines change by less than 1e-3. */
const GAP = 1e-5;

interface Solved {
  readonly inputs: PeeledInputs;
  readonly model: LayerPeeledModel;
}

/** The last solution of each run, with its history: whatever derives from it shares it. */
const solutions = new WeakMap<RunHistory, Solved>();

/** The optimum of the layer-peeled model at these inputs of a run, or at those of before if none has moved by 5 % since. */
export function peeledSolution(history: RunHistory, inputs: PeeledInputs): LayerPeeledModel {
  const known = solutions.get(history);
  if (known !== undefined && !hasMoved(known.inputs, inputs)) return known.model;
  const model = layerPeeledModel({ ...inputs, counts: levelled(inputs.counts), gap: GAP });
  solutions.set(history, { inputs, model });
  return model;
}

function hasMoved(from: PeeledInputs, to: PeeledInputs): boolean {
  const energies = (of: PeeledInputs) => of.weightEnergy * of.featureEnergy;
  if (isFar(energies(from), energies(to))) return true;
  const [all, now] = [from, to].map(({ counts }) => counts.reduce((sum, count) => sum + count, 0)) as [number, number];
  return from.counts.some((count, c) => isFar(count / all, to.counts[c]! / now));
}

const isFar = (a: number, b: number) => Math.max(a, b) > MOVED * Math.min(a, b);
