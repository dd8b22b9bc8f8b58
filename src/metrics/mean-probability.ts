import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'mean-probability',
  help: 'Mean probability that the network gives to each class over the examples. Not the same as the predicted fraction: a slight preference in every example sends every guess to one class.',
  axes: ['class'],
  streams: ['train', 'probe'],
  cadence: 'step',
  weight: { metric: 'support', total: true },
  panels: [
    {
      group: 'Initial guesses',
      title: 'Guesses of the untrained network',
      chart: 'bar',
      series: 'Mean probability',
      at: 'first',
      streams: ['probe'],
    },
    { group: 'Predictions', title: 'Mean probability', chart: 'line', bounds: [0, 1] },
  ],
  measure: ({ guesses }) => guesses?.probabilities ?? null,
});
