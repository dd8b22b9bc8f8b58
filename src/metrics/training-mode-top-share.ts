import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'training-mode-top-share',
  help: 'Share of the guesses that the most guessed class has, as training computes it: with the statistics of the batch (BatchNorm), with dropout at work, on batches of up to 512 examples of the set. Where evaluation mode lies far above it, the moving statistics of BatchNorm lag behind those of the batches: training sees no such bias, and predict will not either once they have caught up.',
  part: 'training-mode',
  axes: [],
  streams: ['probe'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Initial guesses',
      title: 'Top share of the guesses',
      chart: 'line',
      series: 'Training mode',
      bounds: [0, 1],
    },
  ],
  measure: ({ trainingGuesses }) => trainingGuesses?.topShare ?? null,
});
