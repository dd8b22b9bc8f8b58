import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'classifier-norm',
  help: "Length of each class' row of the last dense layer. Rows of rare classes often stay shorter, which alone makes the class be predicted less.",
  part: 'geometry',
  axes: ['class'],
  streams: ['model'],
  cadence: 'schedule',
  panels: [{ group: 'Classifier', title: 'Classifier norm', chart: 'line' }],
  measure: ({ classifierNorms }) => classifierNorms,
});
