import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'overhead',
  help: "Share of the training thread's time that classwatch took since the first step: records, class gradients, features and evaluations together. The option budget bounds all but the evaluations at the end of an epoch: short epochs with a large probe cost more than it.",
  axes: [],
  streams: ['monitor'],
  cadence: 'schedule',
  panels: [{ group: 'Monitor', title: 'Share of training time', chart: 'line', bounds: [0, null], better: 'lower' }],
  measure: ({ monitor }) => monitor?.overhead ?? null,
});
