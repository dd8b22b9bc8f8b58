import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'plane-share',
  help: 'Share of the squared lengths of rows and class means that lies in the plane of the picture. About 2/(C-1) where the classes spread over all directions, 1 where the picture shows all there is.',
  part: 'features',
  axes: [],
  streams: ['model'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Classifier',
      title: 'Classifier and class means',
      chart: 'plane',
      role: 'note',
      series: 'Share of the squared lengths that this plane shows',
    },
  ],
  measure: ({ plane }) => plane?.share ?? null,
});
