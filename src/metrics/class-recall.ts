import { defineMetric } from '../metric.ts';
import { ratios } from '../stats/ratio.ts';

export default defineMetric({
  id: 'class-recall',
  help: 'Share of the examples of each class that were predicted as this class. Missing where the class has no example.',
  axes: ['class'],
  streams: ['train', 'probe'],
  cadence: 'step',
  weight: { metric: 'support' },
  panels: [{ group: 'Learning of each class', title: 'Class recall', chart: 'line', bounds: [0, 1], better: 'higher' }],
  measure: ({ tally }) => (tally === null ? null : ratios(tally.hits, tally.support)),
});
