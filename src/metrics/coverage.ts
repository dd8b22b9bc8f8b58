import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'coverage',
  help: 'Share of the trainable parameters whose class gradients are measured. Below 1 an operation is unknown or has failed the check against the gradient of training; the terminal of the training says which, once for each weight.',
  axes: [],
  streams: ['monitor'],
  cadence: 'schedule',
  panels: [
    { group: 'Monitor', title: 'Coverage of the class gradients', chart: 'line', bounds: [0, 1], better: 'higher' },
  ],
  measure: ({ monitor }) => monitor?.coverage ?? null,
});
