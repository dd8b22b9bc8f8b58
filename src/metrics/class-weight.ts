import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'class-weight',
  help: 'Weight of each class in the loss that trains, where classes have weights: told by the losses of batches. The collapse ratio and all that is predicted takes a class for so many times as large as its count.',
  part: 'features',
  axes: ['class'],
  streams: ['model'],
  cadence: 'schedule',
  panels: [{ group: 'Minority collapse', title: 'Class weights in the loss', chart: 'bar', bounds: [0, null] }],
  measure: ({ collapse }) => collapse?.classWeights ?? null,
});
