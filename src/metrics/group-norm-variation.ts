import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'group-norm-variation',
  help: 'How much the lengths of the rows of the last dense layer differ within each group of classes (option groups): standard deviation over mean. Near 0 while the classes of a group are treated alike. Missing where a group has fewer than two classes, and where all its rows are 0.',
  part: 'geometry',
  axes: [{ name: 'group' }],
  streams: ['model'],
  cadence: 'schedule',
  panels: [{ group: 'Minority collapse', title: 'Norm variation within groups', chart: 'line', bounds: [0, null] }],
  ofRun: ({ ofGroups }) => ofGroups,
  measure: ({ groupCollapses }) => groupCollapses?.map(({ normVariation }) => normVariation) ?? null,
});
