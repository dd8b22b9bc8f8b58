import { defineMetric } from '../metric.ts';
import { meanPresent, ratios } from '../stats/ratio.ts';

export default defineMetric({
  id: 'macro-recall',
  help: 'Mean of the recalls of all classes that have examples: every class counts the same, however rare (also called balanced accuracy).',
  axes: [],
  streams: ['probe'],
  cadence: 'schedule',
  panels: [{ group: 'Overview', title: 'Macro recall', chart: 'line', bounds: [0, 1], better: 'higher' }],
  measure: ({ tally }) => (tally === null ? null : meanPresent(ratios(tally.hits, tally.support).values)),
});
