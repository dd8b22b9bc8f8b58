import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'training-mode-effective-classes',
  help: 'How many classes the network guesses in training mode, each counted by how often: exp of the entropy of the predicted fractions.',
  part: 'training-mode',
  axes: [],
  streams: ['probe'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Initial guesses',
      title: 'Effective number of guessed classes',
      chart: 'line',
      series: 'Training mode',
      bounds: [1, null],
      better: 'higher',
    },
  ],
  measure: ({ trainingGuesses }) => trainingGuesses?.effectiveClasses ?? null,
});
