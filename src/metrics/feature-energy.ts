import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'feature-energy',
  help: 'Mean over classes of the mean square distance of their features (what enters the last dense layer) from the common mean: what the network spends on telling features apart, the second budget in the layer-peeled model (Fang, He, Long, Su, PNAS 2021). It grows while features spread and levels off where normalization or weight decay holds it.',
  part: 'features',
  axes: [],
  streams: ['train', 'probe'],
  cadence: 'schedule',
  panels: [{ group: 'Features', title: 'Feature energy', chart: 'line', bounds: [0, null] }],
  measure: ({ geometry }) => geometry?.featureEnergy ?? null,
});
