import { defineMetric } from '../metric.ts';
import { sumsByGroup } from '../stats/groups.ts';
import { ratios } from '../stats/ratio.ts';

export default defineMetric({
  id: 'group-loss',
  help: 'Mean loss of the examples of each group of classes (option groups), without class weights. Missing where the group has no example.',
  axes: [{ name: 'group' }],
  streams: ['train', 'probe'],
  cadence: 'step',
  weight: { metric: 'group-support' },
  panels: [{ group: 'Learning of each class', title: 'Loss of groups', chart: 'line', better: 'lower' }],
  ofRun: ({ ofGroups }) => ofGroups,
  measure: ({ tally, run: { groups } }) => {
    if (tally === null || groups === null) return null;
    return ratios(sumsByGroup(groups, tally.lossSum), sumsByGroup(groups, tally.support));
  },
});
