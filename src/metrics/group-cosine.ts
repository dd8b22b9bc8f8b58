import { frameMarks } from '../capture/frame-marks.ts';
import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'group-cosine',
  help: 'Mean cosine between the rows of the last dense layer over the pairs of classes within each group (option groups). Healthy is -1/(C-1), a little below 0; 1 says that the classes of the group have one classifier and cannot be told apart. Missing where a group has fewer than two classes, and where its rows are 0.',
  part: 'geometry',
  axes: [{ name: 'group' }],
  streams: ['model'],
  cadence: 'schedule',
  panels: [
    { group: 'Minority collapse', title: 'Cosine within groups', chart: 'line', bounds: [-1, 1], better: 'lower' },
  ],
  ofRun: (snapshot) => ({ ...snapshot.ofGroups, ...frameMarks(snapshot) }),
  measure: ({ groupCollapses }) => groupCollapses?.map(({ cosine }) => cosine) ?? null,
});
