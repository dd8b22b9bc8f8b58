import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'support',
  help: 'Number of examples of each class behind the figures: in the batches of the window (train), in the set (probe). A figure from few examples is a rough one.',
  axes: ['class'],
  streams: ['train', 'probe'],
  cadence: 'step',
  fold: 'sum',
  weight: { metric: 'support' },
  double: true,
  panels: [
    {
      group: 'Initial guesses',
      title: 'Guesses of the untrained network',
      chart: 'bar',
      series: 'True share',
      at: 'first',
      share: true,
      streams: ['probe'],
    },
    { group: 'Batches', title: 'Examples in the window', chart: 'line', streams: ['train'] },
  ],
  measure: ({ tally }) => tally?.support ?? null,
});
