import { defineMetric } from '../metric.ts';
import { ratios } from '../stats/ratio.ts';

export default defineMetric({
  id: 'class-loss',
  help: 'Mean loss of the examples of each class, without class weights. Missing where the class has no example.',
  axes: ['class'],
  streams: ['train', 'probe'],
  cadence: 'step',
  weight: { metric: 'support' },
  panels: [{ group: 'Learning of each class', title: 'Class loss', chart: 'line', better: 'lower' }],
  measure: ({ tally }) => (tally === null ? null : ratios(tally.lossSum, tally.support)),
});
