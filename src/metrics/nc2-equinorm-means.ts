import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'nc2-equinorm-means',
  help: 'How much the class means of the features differ in their distance from the centre: standard deviation over mean. On balanced classes training with cross-entropy leads to 0 (neural collapse, NC2: Papyan, Han, Donoho, PNAS 2020); under imbalance means of rare classes lie closer to the centre.',
  part: 'features',
  axes: [],
  streams: ['train', 'probe'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Features',
      title: 'Class means off a simplex (NC2)',
      chart: 'line',
      series: 'Lengths',
      bounds: [0, null],
      better: 'lower',
    },
  ],
  measure: ({ geometry }) => geometry?.equinormMeans ?? null,
});
