import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'norm-variation',
  help: 'How much the lengths of the rows of minority classes in the last dense layer differ: standard deviation over mean. Near 0 while they are treated alike; together with a minority cosine near 1 it says that they have become the same vector, not only the same direction. Missing where fewer than two classes are minority, and where all their rows are 0.',
  part: 'geometry',
  axes: [],
  streams: ['model'],
  cadence: 'schedule',
  panels: [{ group: 'Minority collapse', title: 'Norm variation of the minority', chart: 'line', bounds: [0, null] }],
  measure: ({ classifierCollapse }) => classifierCollapse?.normVariation ?? null,
});
