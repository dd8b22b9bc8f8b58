import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'absent-rate',
  help: 'Share of the batches that hold no example of the class: 1 - (1 - share)^batch size if batches are drawn at random. A class that is mostly absent gets a gradient only now and then.',
  axes: ['class'],
  streams: ['train'],
  cadence: 'step',
  weight: { metric: 'support', total: true },
  panels: [{ group: 'Batches', title: 'Batches without the class', chart: 'line', bounds: [0, 1] }],
  measure: ({ tally }) => (tally === null ? null : zeros(tally.support)),
});

/** 1 where a count is 0, else 0. */
function zeros(counts: Float64Array): Float64Array {
  const are = new Float64Array(counts.length);
  for (let c = 0; c < counts.length; c++) if (counts[c] === 0) are[c] = 1;
  return are;
}
