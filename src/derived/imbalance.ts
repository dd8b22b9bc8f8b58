import { defineDerived } from '../derived.ts';
import { PEELED_READS, peeledInputs, twoGroups } from './peeled-inputs.ts';

export default defineDerived({
  id: 'imbalance',
  stream: 'model',
  help: 'R: how many times as many examples a common class has as a rare one, where classes have two sizes. Where it lies above a threshold, that is what the rare classes are heading for.',
  axes: [],
  reads: PEELED_READS,
  panels: [
    { group: 'Minority collapse', title: 'Imbalance and thresholds', chart: 'line', series: 'imbalance', scale: 'log' },
  ],
  derive(evidence) {
    const inputs = peeledInputs(evidence);
    return inputs && (twoGroups(inputs.counts)?.imbalance ?? null);
  },
});
