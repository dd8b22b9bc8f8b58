import { defineMetric } from '../metric.ts';
import { ratios } from '../stats/ratio.ts';

export default defineMetric({
  id: 'class-precision',
  help: 'Share of the predictions of each class that were right. Missing while the class is never predicted.',
  axes: ['class'],
  streams: ['probe'],
  cadence: 'schedule',
  panels: [
    { group: 'Learning of each class', title: 'Class precision', chart: 'line', bounds: [0, 1], better: 'higher' },
  ],
  measure: ({ tally }) => (tally === null ? null : ratios(tally.hits, tally.predicted)),
});
