import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'classifier-cosine',
  help: 'Cosine between the rows of every two classes in the last dense layer. Under balance it tends to -1/(C-1); rare classes whose cosine goes to 1 can no longer be told apart (Minority Collapse: Fang, He, Long, Su, PNAS 2021).',
  part: 'geometry',
  axes: ['class', 'class'],
  streams: ['model'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Classifier',
      title: 'Classifier cosine',
      chart: 'heatmap',
      bounds: [-1, 1],
      axisTitles: ['Class', 'Class'],
    },
  ],
  measure: ({ classifierCosines }) => classifierCosines,
});
