import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'dropped',
  help: 'Measurements that failed or could not be handed over, so far. The first of each kind is told in the terminal.',
  axes: [],
  streams: ['monitor'],
  cadence: 'schedule',
  double: true,
  panels: [{ group: 'Monitor', title: 'Dropped measurements', chart: 'line', bounds: [0, null], better: 'lower' }],
  measure: ({ monitor }) => monitor?.dropped ?? null,
});
