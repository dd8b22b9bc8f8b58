import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'batch-interval',
  help: 'Of the batches that train, one in n is looked at, so that recording them stays below the budget. 1: every batch, as always in the first 200 steps.',
  axes: [],
  streams: ['monitor'],
  cadence: 'schedule',
  panels: [
    { group: 'Monitor', title: 'Steps between recorded batches', chart: 'line', bounds: [1, null], better: 'lower' },
  ],
  measure: ({ monitor }) => monitor?.batchInterval ?? null,
});
