import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'training-mode-mean-probability',
  help: 'Mean probability of each class, as training computes it: with the statistics of the batch (BatchNorm), with dropout at work, on batches of up to 512 examples of the set.',
  part: 'training-mode',
  axes: ['class'],
  streams: ['probe'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Initial guesses',
      title: 'Initial guesses in training mode',
      chart: 'bar',
      series: 'Mean probability',
      at: 'first',
    },
  ],
  measure: ({ trainingGuesses }) => trainingGuesses?.probabilities ?? null,
});
