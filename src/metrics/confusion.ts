import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'confusion',
  help: 'How many examples of each true class (row) were predicted as each class (column). Colours show the share of the row.',
  axes: ['class', 'class'],
  streams: ['probe'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Predictions',
      title: 'Confusion matrix',
      chart: 'heatmap',
      rowShare: true,
      bounds: [0, 1],
      axisTitles: ['True class', 'Predicted class'],
    },
  ],
  measure: ({ confusion }) => confusion,
});
