import { defineMetric } from '../metric.ts';
import { sumsByGroup } from '../stats/groups.ts';
import { ratios } from '../stats/ratio.ts';

export default defineMetric({
  id: 'group-recall',
  help: 'Share of the examples of each group of classes (option groups) that were predicted as their own class: counted over the group, then divided. Where the classes of a group have as many examples each, as in a balanced probe, this is the mean of their recalls. Missing where the group has no example.',
  axes: [{ name: 'group' }],
  streams: ['train', 'probe'],
  cadence: 'step',
  weight: { metric: 'group-support' },
  panels: [
    { group: 'Learning of each class', title: 'Recall of groups', chart: 'line', bounds: [0, 1], better: 'higher' },
  ],
  ofRun: ({ ofGroups }) => ofGroups,
  measure: ({ tally, run: { groups } }) => {
    if (tally === null || groups === null) return null;
    return ratios(sumsByGroup(groups, tally.hits), sumsByGroup(groups, tally.support));
  },
});
