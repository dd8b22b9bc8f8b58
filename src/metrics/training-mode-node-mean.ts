import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'training-mode-node-mean',
  help: 'Mean of each output node over the examples in training mode.',
  part: 'training-mode',
  axes: ['class'],
  streams: ['probe'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Initial guesses',
      title: 'Output nodes of the untrained network',
      chart: 'bar',
      series: 'Mean, training mode',
      at: 'first',
    },
  ],
  measure: ({ trainingGuesses }) => trainingGuesses?.nodes.means ?? null,
});
