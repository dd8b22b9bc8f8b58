import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'nc4',
  help: 'Share of the examples whose guess is another class than that of the nearest class mean of training features (NC4). 0: the network decides like a nearest-mean classifier. On held-out examples, too, the means are those of the training examples.',
  part: 'features',
  axes: [],
  streams: ['train', 'probe'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Features',
      title: 'Nearest-mean mismatch (NC4)',
      chart: 'line',
      bounds: [0, 1],
      better: 'lower',
    },
  ],
  measure: ({ geometry }) => geometry?.nearestMeanMismatch ?? null,
});
