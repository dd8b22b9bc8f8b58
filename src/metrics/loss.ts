import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'loss',
  help: 'What is optimised: the mean loss of the examples, class weights and regularisers included.',
  axes: [],
  streams: ['train', 'probe'],
  cadence: 'step',
  weight: { metric: 'support', total: true },
  panels: [{ group: 'Overview', title: 'Loss', chart: 'line', better: 'lower' }],
  measure: ({ loss }) => loss,
});
