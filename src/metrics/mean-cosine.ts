import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'mean-cosine',
  help: 'Cosine between the class means of the features of every two classes, each less the mean of all class means. -1/(C-1) everywhere is the simplex frame of neural collapse; rare classes whose cosine goes to 1 have features that can no longer be told apart (Minority Collapse: Fang, He, Long, Su, PNAS 2021).',
  part: 'features',
  axes: ['class', 'class'],
  streams: ['train', 'probe'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Features',
      title: 'Cosine of class means',
      chart: 'heatmap',
      bounds: [-1, 1],
      axisTitles: ['Class', 'Class'],
    },
  ],
  measure: ({ geometry }) => geometry?.meanCosines ?? null,
});
