import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'overhead',
  help: "Share of the training thread's time that classwatch took since the first step: class gradients, records and the evaluations of the probe together. The option budget is about class gradients alone; short epochs with a large probe cost more than it.",
  axes: [],
  streams: ['monitor'],
  cadence: 'schedule',
  panels: [{ group: 'Monitor', title: 'Share of training time', chart: 'line', bounds: [0, null], better: 'lower' }],
  measure: ({ monitor }) => monitor?.overhead ?? null,
});
