import { defineDerived } from '../derived.ts';
import { minorityCollapseThresholds } from '../theory/collapse-threshold.ts';
import { PEELED_READS, peeledInputs, twoGroups } from './peeled-inputs.ts';

export default defineDerived({
  id: 'zero-threshold',
  stream: 'model',
  help: 'R1: from this imbalance on the classifiers of the rare classes vanish altogether, in the layer-peeled model (Fang, He, Long, Su, PNAS 2021) at the present centred energies. There is no such imbalance where the energies are large enough. Only where classes have two sizes, and not without weight decay.',
  axes: [],
  reads: PEELED_READS,
  panels: [
    {
      group: 'Minority collapse',
      title: 'Imbalance and thresholds',
      chart: 'line',
      series: 'vanishes',
      scale: 'log',
      missing: 'at no imbalance',
    },
  ],
  derive(evidence) {
    const inputs = peeledInputs(evidence);
    const groups = inputs && twoGroups(inputs.counts);
    return inputs && groups && [minorityCollapseThresholds({ ...inputs, ...groups }).zero];
  },
});
