import { defineDerived } from '../derived.ts';
import { minorityCollapseThresholds } from '../theory/collapse-threshold.ts';
import {
  lastScalar,
  PEELED_READS,
  type PeeledInputs,
  peeledInputs,
  type TwoGroups,
  twoGroups,
} from './peeled-inputs.ts';

export default defineDerived({
  id: 'predicted-oversampling',
  stream: 'model',
  help: 'How many times as often the rare classes have to be shown (or how much more they have to weigh) so that their classifiers stay apart: more than this. 1: they do so anyway. Where classes have two sizes from the layer-peeled model at the present centred energies (imbalance over threshold), else the collapse ratio.',
  axes: [],
  reads: PEELED_READS,
  panels: [
    {
      group: 'Minority collapse',
      title: 'Oversampling that keeps classes apart',
      chart: 'line',
      scale: 'log',
      bounds: [1, null],
      better: 'lower',
    },
  ],
  derive(evidence) {
    const inputs = peeledInputs(evidence);
    if (inputs === null || Math.max(...inputs.counts) === Math.min(...inputs.counts)) return null;
    const groups = twoGroups(inputs.counts);
    const needed = groups === null ? lastScalar(evidence.history, 'model/collapse-ratio') : ofGroups(inputs, groups);
    return needed === null || needed === undefined ? null : Math.max(1, needed);
  },
});

/** R / R0; a single rare class has no other to become equal to, but may vanish. */
function ofGroups(inputs: PeeledInputs, groups: TwoGroups): number {
  const { collapse, zero } = minorityCollapseThresholds({ ...inputs, ...groups });
  return groups.imbalance / (collapse ?? zero ?? Infinity);
}
