import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'cdnv',
  help: 'Class-distance normalised variance: mean over pairs of classes of their variance over the squared distance of their means, of what enters the last dense layer (Galanti, Gyorgy, Hutter, ICLR 2022). The same story as NC1, but every pair of classes counts alike. 0 is collapse.',
  part: 'features',
  axes: [],
  streams: ['train', 'probe'],
  cadence: 'schedule',
  panels: [{ group: 'Features', title: 'Variance over distance (CDNV)', chart: 'line', scale: 'log', better: 'lower' }],
  measure: ({ geometry }) => geometry?.cdnv ?? null,
});
