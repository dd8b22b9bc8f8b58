import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'nc2-equiangularity-classifier',
  help: 'How far the angles between the rows of the last dense layer are from those of a simplex, where every two classes are as far apart as all can be: mean over pairs of |cosine + 1/(C-1)|. On balanced classes training with cross-entropy leads to 0 (neural collapse, NC2: Papyan, Han, Donoho, PNAS 2020); other losses, and imbalance, lead elsewhere.',
  part: 'geometry',
  axes: [],
  streams: ['model'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Classifier',
      title: 'Classifier off a simplex (NC2)',
      chart: 'line',
      series: 'Angles',
      bounds: [0, null],
      better: 'lower',
    },
  ],
  measure: ({ classifierCollapse }) => classifierCollapse?.equiangularityClassifier ?? null,
});
