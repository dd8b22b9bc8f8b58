import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'training-mode-predicted-fraction',
  help: 'Share of the examples that are predicted as each class, as training computes it: with the statistics of the batch (BatchNorm), with dropout at work, on batches of up to 512 examples of the set. Only of models whose layers differ in the two modes, before training and until the guesses have cleared in both. What evaluation mode shows beyond it is the moving statistics, which lag behind.',
  part: 'training-mode',
  axes: ['class'],
  streams: ['probe'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Initial guesses',
      title: 'Initial guesses in training mode',
      chart: 'bar',
      series: 'Predicted fraction',
      at: 'first',
    },
  ],
  measure: ({ trainingGuesses }) => trainingGuesses?.fractions ?? null,
});
