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
  help: 'How many times as often the rare classes have to be shown (or how much more they have to weigh) so that their classifiers stay apart: more than this. 1: they do so anyway. The collapse ratio; of a single rare class the imbalance over that from which on it vanishes, by the layer-peeled model at the present centred energies.',
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
    // A single rare class has no other to become equal to, but may vanish.
    const needed =
      groups?.minority === 1 ? overZero(inputs, groups) : lastScalar(evidence.history, 'model/collapse-ratio');
    return needed === null || needed === undefined ? null : Math.max(1, needed);
  },
});

function overZero(inputs: PeeledInputs, groups: TwoGroups): number {
  const { zero } = minorityCollapseThresholds({ ...inputs, ...groups });
  return groups.imbalance / (zero ?? Infinity);
}
