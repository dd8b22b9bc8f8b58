import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'nc2-equiangularity-means',
  help: 'How far the angles between class means, seen from their centre, are from those of a simplex: mean over pairs of |cosine + 1/(C-1)|. On balanced classes training with cross-entropy leads to 0 (neural collapse, NC2). Other losses have other ends: mean squared error without bias leads to right angles.',
  part: 'features',
  axes: [],
  streams: ['train', 'probe'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Features',
      title: 'Class means off a simplex (NC2)',
      chart: 'line',
      series: 'Angles',
      bounds: [0, null],
      better: 'lower',
    },
  ],
  measure: ({ geometry }) => geometry?.equiangularityMeans ?? null,
});
