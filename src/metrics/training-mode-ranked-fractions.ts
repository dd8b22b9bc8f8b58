import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'training-mode-ranked-fractions',
  help: 'Predicted fractions in training mode in order, the largest first.',
  part: 'training-mode',
  axes: ['rank'],
  streams: ['probe'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Initial guesses',
      title: 'Initial guesses by rank',
      chart: 'bar',
      series: 'Training mode',
      at: 'first',
      bounds: [0, 1],
    },
  ],
  measure: ({ trainingGuesses }) => trainingGuesses?.ranked ?? null,
});
