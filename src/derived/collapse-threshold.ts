import { defineDerived } from '../derived.ts';
import { minorityCollapseThresholds } from '../theory/collapse-threshold.ts';
import { PEELED_READS, peeledInputs, twoGroups } from './peeled-inputs.ts';

export default defineDerived({
  id: 'collapse-threshold',
  stream: 'model',
  help: 'R0: from this imbalance on the rare classes get one and the same classifier, in the layer-peeled model (Fang, He, Long, Su, PNAS 2021) at the present centred energies of classifier and features. Only where classes have two sizes, within which counts differ by a factor of at most 1.25: graded counts collapse one after the other. Not without weight decay: no imbalance is large enough then.',
  axes: [],
  reads: PEELED_READS,
  panels: [
    {
      group: 'Minority collapse',
      title: 'Imbalance and thresholds',
      chart: 'line',
      series: 'collapses',
      scale: 'log',
      missing: 'at no imbalance',
    },
  ],
  derive(evidence) {
    const inputs = peeledInputs(evidence);
    const groups = inputs && twoGroups(inputs.counts);
    if (inputs === null || groups === null || groups.minority < 2) return null;
    return [minorityCollapseThresholds({ ...inputs, ...groups }).collapse];
  },
});
