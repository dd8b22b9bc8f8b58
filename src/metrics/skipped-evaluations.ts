import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'skipped-evaluations',
  help: 'Evaluations by the schedule that were left out so far, because they would have taken more than their share of the budget. Those before the first step, at the end of each epoch and of the run are always made, and those of a schedule of your own.',
  axes: [],
  streams: ['monitor'],
  cadence: 'schedule',
  double: true,
  panels: [{ group: 'Monitor', title: 'Skipped evaluations', chart: 'line', bounds: [0, null], better: 'lower' }],
  measure: ({ monitor }) => monitor?.skipped ?? null,
});
