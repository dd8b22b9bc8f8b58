import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'interval',
  help: 'Class gradients are measured at every n-th step, so that their cost stays below the budget. 1: at every step.',
  axes: [],
  streams: ['monitor'],
  cadence: 'schedule',
  panels: [
    { group: 'Monitor', title: 'Steps between measured gradients', chart: 'line', bounds: [1, null], better: 'lower' },
  ],
  measure: ({ monitor }) => monitor?.interval ?? null,
});
