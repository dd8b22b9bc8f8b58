import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'predicted-fraction',
  help: 'Share of the examples that are predicted as each class (argmax). At step 0 these are the initial guesses: a network may favour a class before it has learned anything (Francazi, Lucchi, Baity-Jesi: Initial Guessing Bias, ICML 2024).',
  axes: ['class'],
  streams: ['train', 'probe'],
  cadence: 'step',
  weight: { metric: 'support', total: true },
  panels: [
    {
      group: 'Initial guesses',
      title: 'Guesses of the untrained network',
      chart: 'bar',
      series: 'Predicted fraction',
      at: 'first',
      streams: ['probe'],
    },
    {
      group: 'Initial guesses',
      title: 'Where the first guesses stand',
      chart: 'distribution',
      role: 'mark',
      series: 'This run',
      axisTitles: ['share of the guesses that a class gets', 'share of the classes'],
      at: 'first',
      streams: ['probe'],
    },
    { group: 'Predictions', title: 'Predicted fraction', chart: 'line', bounds: [0, 1] },
  ],
  measure: ({ guesses }) => guesses?.fractions ?? null,
});
