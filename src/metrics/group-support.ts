import { defineMetric } from '../metric.ts';
import { sumsByGroup } from '../stats/groups.ts';

export default defineMetric({
  id: 'group-support',
  help: 'Number of examples of each group of classes (option groups) behind the figures of the groups: in the batches of the window (train), in the set (probe).',
  axes: [{ name: 'group' }],
  streams: ['train', 'probe'],
  cadence: 'step',
  fold: 'sum',
  weight: { metric: 'support' },
  double: true,
  panels: [{ group: 'Batches', title: 'Examples of groups in the window', chart: 'line', streams: ['train'] }],
  ofRun: ({ ofGroups }) => ofGroups,
  measure: ({ tally, run: { groups } }) =>
    tally === null || groups === null ? null : sumsByGroup(groups, tally.support),
});
