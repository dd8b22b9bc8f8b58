import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'nc3',
  help: "How far the rows of the last dense layer are from the class means of the features, both scaled to length 1 as a whole: 0 says that each class' row points to its mean (self-duality, NC3), sqrt(2) that they have nothing in common. It falls where classes are balanced and weights decay.",
  part: 'features',
  axes: [],
  streams: ['train', 'probe'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Features',
      title: 'Self-duality (NC3)',
      chart: 'line',
      bounds: [0, null],
      better: 'lower',
    },
  ],
  measure: ({ geometry }) => geometry?.selfDuality ?? null,
});
