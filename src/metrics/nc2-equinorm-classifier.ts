import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'nc2-equinorm-classifier',
  help: 'How much the rows of the last dense layer differ in length: standard deviation over mean, over all classes. On balanced classes training with cross-entropy leads to 0 (neural collapse, NC2: Papyan, Han, Donoho, PNAS 2020); under imbalance it stays above, because rows of rare classes stay shorter.',
  part: 'geometry',
  axes: [],
  streams: ['model'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Classifier',
      title: 'Classifier off a simplex (NC2)',
      chart: 'line',
      series: 'Lengths',
      bounds: [0, null],
      better: 'lower',
    },
  ],
  measure: ({ classifierCollapse }) => classifierCollapse?.equinormClassifier ?? null,
});
